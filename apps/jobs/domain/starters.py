"""The definition that a new job's form begins with: every default, and a source that runs as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.jobs.domain import definition
from kernel.errors import N_

PYTHON = """\
import json
import os

# {params}
params = json.loads(os.environ["JIEPAI_PARAMS"])
print("parameters:", params)

# {result}
with open(os.environ["JIEPAI_RESULT_FILE"], "w") as file:
    json.dump({{"ok": True}}, file)
"""
SHELL = """\
set -euo pipefail

# {params}
echo "parameters: $JIEPAI_PARAMS"

# {result}
echo '{{"ok": true}}' >"$JIEPAI_RESULT_FILE"
"""
SQL = """\
-- {params}
-- {transaction}

SELECT 1 AS answer
"""
WORDS = {
    "python": N_("The run's parameters, which the job's schema describes."),
    "result": N_("What is written here as JSON becomes the run's result."),
    "sql": N_("A parameter is written as its name after a colon."),
    "transaction": N_("All statements share one transaction: either all of it is kept or nothing."),
}


def begin(kind: str, *, translate: Callable[[str], str]) -> dict[str, Any]:
    """The definition of a new job. Without the datasource or the address, which its author alone can know: empty."""
    words = {name: translate(sentence) for name, sentence in WORDS.items()}
    match kind:
        case "python" | "shell":
            text = PYTHON if kind == "python" else SHELL
            source = text.format(params=words["python"], result=words["result"])
            return definition.complete(kind, {"source": source})
        case "sql":
            statement = SQL.format(params=words["sql"], transaction=words["transaction"])
            whole = definition.complete(kind, {"statement": statement, "datasource": _NO_DATASOURCE})
            return {**whole, "datasource": ""}
        case "http":
            return {**definition.complete(kind, {"url": "https://localhost/"}), "url": ""}
    raise AssertionError(kind)


_NO_DATASOURCE = "00000000-0000-0000-0000-000000000000"
