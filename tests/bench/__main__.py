"""``python -m tests.bench [scenario …]``."""

from __future__ import annotations

import os
import sys

from tests import plugin
from tests.bench import stage


def main() -> int:
    cores = stage.pin()
    plugin.start_servers()
    try:
        name = "jiepai_bench"
        os.environ["JIEPAI_DATABASE_URL"] = plugin.database_url(name)
        os.environ["JIEPAI_BROKER_URL"] = f"{os.environ['JIEPAI_TEST_BROKER']}?virtual_host=0"
        os.environ["JIEPAI_REDIS_URL"] = f"{os.environ['JIEPAI_TEST_REDIS']}?db=0"
        os.environ["JIEPAI_DATA_DIR"] = os.environ["JIEPAI_TEST_FOLDER"]
        os.environ["BENCH_BROKER"] = f"{os.environ['JIEPAI_TEST_BROKER']}?virtual_host=1"
        os.environ["BENCH_COUNTER"] = f"{os.environ['JIEPAI_TEST_REDIS']}?db=1"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        plugin.create_database(name)
        import django

        django.setup()
        from tests.bench import scenarios

        wanted = sys.argv[1:] or list(scenarios.ALL)
        unknown = set(wanted) - set(scenarios.ALL)
        if unknown:
            print(
                f"There is no scenario {', '.join(unknown)}; there are: {', '.join(scenarios.ALL)}.",
                file=sys.stderr,
            )
            return 2
        print(f"{cores} cores, {plugin.server_version()}", file=sys.stderr)
        for scenario in wanted:
            scenarios.ALL[scenario]()
    finally:
        plugin.stop_servers()
    return 0


if __name__ == "__main__":
    sys.exit(main())
