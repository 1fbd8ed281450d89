"""The demo's jobs, as their definitions."""

from __future__ import annotations

from typing import Any, Final

TILLS: Final = '''"""The tills of the stores write what they sold into the inbox, as a CSV file."""
import csv
import os
import random
from datetime import datetime
from pathlib import Path

PRICES = [128.0, 96.0, 58.0, 360.0, 88.0, 26.0, 32.0, 24.0]
inbox = Path(os.environ["JIEPAI_FILES"]) / "inbox"
inbox.mkdir(exist_ok=True)
now = datetime.now()
count = random.randint(8, 25)
draft = inbox / f".{now:%Y%m%d-%H%M%S}.csv"
with draft.open("w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["receipt", "sold_at", "store", "product_id", "quantity", "amount"])
    for number in range(count):
        product = random.randrange(len(PRICES))
        quantity = random.choice([1, 1, 2, 3])
        writer.writerow([
            f"{now:%Y%m%d%H%M%S}-{number:03d}", now.isoformat(sep=" ", timespec="seconds"),
            random.choice(["上海", "北京", "广州", "成都", "杭州"]), product + 1, quantity,
            round(PRICES[product] * quantity, 2),
        ])
draft.chmod(0o660)
draft.rename(inbox / draft.name.lstrip("."))
print(f"{count} sales written to {draft.name.lstrip('.')}")
'''

INGEST: Final = '''"""Takes every CSV file of the inbox into the sales database; a file that was taken is moved away."""
import csv
import json
import os
import sqlite3
from pathlib import Path

folder = Path(os.environ["JIEPAI_FILES"])
done = folder / "done"
done.mkdir(exist_ok=True)
connection = sqlite3.connect(folder / "sales.db", timeout=30)
files = sorted((folder / "inbox").glob("[!.]*.csv"))
new = known = 0
for path in files:
    with path.open(newline="", encoding="utf-8") as file, connection:
        for row in csv.DictReader(file):
            inserted = connection.execute(
                "INSERT OR IGNORE INTO sales VALUES (:receipt, :sold_at, :store, :product_id, :quantity, :amount)",
                row,
            ).rowcount
            new, known = new + inserted, known + 1 - inserted
    path.rename(done / path.name)
    print(f"{path.name}: taken", flush=True)
print(f"{len(files)} files, {new} new sales, {known} known already")
with open(os.environ["JIEPAI_RESULT_FILE"], "w") as file:
    json.dump({"files": len(files), "new": new, "known": known}, file)
'''

REVENUE: Final = """SELECT date(s.sold_at) AS day, p.category, count(*) AS sales,
       sum(s.quantity) AS pieces, round(sum(s.amount), 2) AS revenue
FROM sales AS s JOIN products AS p ON p.id = s.product_id
WHERE s.sold_at >= date('now', :since)
GROUP BY day, p.category
ORDER BY day DESC, revenue DESC
"""

RATES: Final = '''"""Asks a partner for exchange rates. The partner is down now and then, so the job is tried again."""
import random
import sys
import time

print("asking the partner for rates …", flush=True)
time.sleep(random.uniform(0.2, 1.0))
if random.random() < 0.4:
    sys.exit("the partner answered: 503 Service Unavailable")
for currency in ("USD", "EUR", "JPY"):
    print(f"CNY/{currency} {random.uniform(0.1, 20):.4f}")
'''

TIDY: Final = """# Removes files that were taken more than a day ago.
set -eu
cd "$JIEPAI_FILES"
mkdir -p done
find done -name '*.csv' -mmin +1440 -print -delete | sed 's/^/removed /'
echo "$(ls done | wc -l) files kept"
"""


def definitions(datasource_id: str) -> list[dict[str, Any]]:
    """Each job's name, kind, definition and the cron expression of its trigger."""
    return [
        {
            "name": "门店收银导出",
            "kind": "python",
            "description": "The stores' tills write a CSV file into the inbox.",
            "tags": ["sales"],
            "definition": {"source": TILLS, "timeout_seconds": 60, "network": False},
            "cron": "*/2 * * * *",
        },
        {
            "name": "销售数据入库",
            "kind": "python",
            "description": "Takes the CSV files of the inbox into the sales database.",
            "tags": ["sales", "etl"],
            "definition": {
                "source": INGEST,
                "timeout_seconds": 300,
                "network": False,
                "priority": 7,
                "max_running": 1,
                "retry": {"strategy": "exponential", "max_attempts": 3, "base_seconds": 5},
            },
            "cron": "1-59/2 * * * *",
        },
        {
            "name": "品类日营收",
            "kind": "sql",
            "description": "Revenue by day and category.",
            "tags": ["sales", "report"],
            "definition": {
                "datasource": datasource_id,
                "statement": REVENUE,
                "read_only": True,
                "parameters": {
                    "properties": {
                        "since": {
                            "type": "string",
                            "title": "Since",
                            "description": "How far back, as SQLite says it.",
                            "enum": ["-7 days", "-14 days", "-35 days"],
                            "default": "-7 days",
                        }
                    }
                },
            },
            "cron": "*/5 * * * *",
        },
        {
            "name": "汇率同步",
            "kind": "python",
            "description": "Fails now and then, and is tried again.",
            "tags": ["finance"],
            "definition": {
                "source": RATES,
                "timeout_seconds": 30,
                "network": False,
                "retry": {"strategy": "exponential", "max_attempts": 4, "base_seconds": 3, "cap_seconds": 60},
            },
            "cron": "*/3 * * * *",
        },
        {
            "name": "清理已入库文件",
            "kind": "shell",
            "description": "Removes files that were taken long ago.",
            "tags": ["housekeeping"],
            "definition": {"source": TIDY, "timeout_seconds": 60, "network": False, "priority": 2},
            "cron": "0 3 * * *",
        },
    ]
