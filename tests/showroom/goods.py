"""Jobs for an English-speaking tenant, and how the jobs of both tenants fare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Habit:
    """How a job usually runs. failures, retries: shares of runs, and of attempts, that go wrong."""

    every_minutes: float = 60
    takes_seconds: float = 2
    waits_seconds: float = 0.15
    failures: float = 0.0
    retries: float = 0.0
    reason: str = "exit_code"
    log: tuple[str, ...] = ("started",)
    complaint: tuple[str, ...] = ("failed",)


HABITS: Final = {
    "Nightly warehouse export": Habit(
        60 * 24, 1260, log=("exporting 48 tables …", "orders: 1,204,331 rows", "customers: 98,120 rows")
    ),
    "Load sales": Habit(10, 9, log=("4 files in the inbox", "312 new sales, 0 known already")),
    "Revenue by region": Habit(30, 1.4, failures=0.01, reason="sql_error"),
    "Exchange rates": Habit(
        15,
        0.9,
        failures=0.05,
        retries=0.3,
        log=("asking the partner for rates …",),
        complaint=("the partner answered: 503 Service Unavailable",),
    ),
    "Check the shop": Habit(5, 0.4, failures=0.02, reason="http_error"),
    "Rotate old files": Habit(60, 3.2),
    "Train the forecast": Habit(
        60 * 6,
        840,
        waits_seconds=4,
        failures=0.12,
        reason="out_of_memory",
        log=("epoch 1/12 loss 0.4821", "epoch 2/12 loss 0.3977", "epoch 3/12 loss 0.3502"),
        complaint=("Killed: the script used more than 512 MB.",),
    ),
    "Send the morning report": Habit(60 * 24, 6),
    "门店收银导出": Habit(15, 0.06, log=("18 sales written to 20260302-090000.csv",)),
    "销售数据入库": Habit(15, 0.4, retries=0.02, log=("3 files, 51 new sales, 0 known already",)),
    "品类日营收": Habit(30, 0.3, failures=0.01, reason="sql_error"),
    "汇率同步": Habit(
        15,
        0.9,
        failures=0.06,
        retries=0.3,
        log=("asking the partner for rates …",),
        complaint=("the partner answered: 503 Service Unavailable",),
    ),
    "清理已入库文件": Habit(60 * 24, 0.2),
}

FORECAST: Final = '''"""Trains the demand forecast, and hands its figures back."""
import json
import os
import time

epochs = int(os.environ["JIEPAI_PARAM_EPOCHS"])
loss = 0.62
for epoch in range(1, epochs + 1):
    time.sleep(0.5)
    loss *= 0.93
    print(f"\\033[32mepoch {epoch:>2}/{epochs}\\033[0m  loss {loss:.4f}", flush=True)

with open(os.environ["JIEPAI_RESULT_FILE"], "w") as file:
    json.dump({"epochs": epochs, "loss": round(loss, 4)}, file)
'''

REVENUE: Final = """SELECT region, count(*) AS orders, round(sum(amount), 2) AS revenue
FROM (
  SELECT 'North' AS region, 128.5 AS amount UNION ALL SELECT 'North', 96 UNION ALL
  SELECT 'South', 312.25 UNION ALL SELECT 'West', 58 UNION ALL SELECT 'West', 77.9
) AS orders
GROUP BY region
ORDER BY revenue DESC
"""


def english(datasource_id: str) -> list[dict[str, Any]]:
    """Each job's name, kind, definition and the cron expression of its trigger."""

    def script(name: str, cron: str, source: str, tags: list[str], **more: Any) -> dict[str, Any]:
        kind = more.pop("kind", "python")
        return {
            "name": name,
            "kind": kind,
            "cron": cron,
            "tags": tags,
            "definition": {"source": source, **more},
        }

    return [
        script(
            "Nightly warehouse export",
            "0 2 * * *",
            "print('exporting 48 tables …')\n",
            ["warehouse", "critical"],
            priority=8,
        ),
        script(
            "Load sales", "*/10 * * * *", "print('4 files in the inbox')\n", ["sales", "etl"], max_running=1
        ),
        {
            "name": "Revenue by region",
            "kind": "sql",
            "cron": "*/30 * * * *",
            "tags": ["sales", "report"],
            "definition": {"datasource": datasource_id, "statement": REVENUE},
        },
        script(
            "Exchange rates",
            "*/15 * * * *",
            "print('asking the partner for rates …')\n",
            ["finance"],
            retry={"strategy": "exponential", "max_attempts": 4, "base_seconds": 3},
        ),
        {
            "name": "Check the shop",
            "kind": "http",
            "cron": "*/5 * * * *",
            "tags": ["monitoring"],
            "definition": {"url": "https://shop.example.com/health", "method": "GET"},
        },
        script("Rotate old files", "0 * * * *", "find . -mtime +7 -print\n", ["housekeeping"], kind="shell"),
        script(
            "Train the forecast",
            "0 */6 * * 1-5",
            FORECAST,
            ["forecast", "critical"],
            parameters={
                "properties": {
                    "epochs": {
                        "type": "integer",
                        "title": "Epochs",
                        "description": "How often the model sees all data.",
                        "minimum": 1,
                        "maximum": 500,
                        "default": 40,
                    }
                }
            },
        ),
        script("Send the morning report", "30 8 * * 1-5", "print('sent')\n", ["report"]),
    ]
