# The two commands to know: `make run` and `make test`. Nothing but Python 3.11 or newer is needed for the first.
PYTHON ?= python3
SCENARIO ?=
PAGES ?=
LAUNCH := $(PYTHON) platform/launcher/bootstrap.py
TOOLS := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench screenshots messages reset lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start the platform on this machine (JIEPAI_PORT=8000)
	@$(LAUNCH) run

test: ## run every linter and every test
	@$(LAUNCH) test

lint: ## run the linters only
	@$(LAUNCH) tools
	$(TOOLS)/ruff check .
	$(TOOLS)/ruff format --check .
	PYTHONPATH=platform:. $(TOOLS)/lint-imports
	$(TOOLS)/mypy manage.py apps platform tests

format: ## format the Python code
	@$(LAUNCH) tools
	$(TOOLS)/ruff check --fix .
	$(TOOLS)/ruff format .

bench: ## measure; one JSON line per scenario (SCENARIO=burst for one of them)
	@$(LAUNCH) bench $(SCENARIO)

screenshots: ## photograph every page, below var/screenshots (PAGES="runs palette" for some)
	@$(LAUNCH) screenshots $(PAGES)

messages: ## collect what is to be translated into locale/, and compile it
	@$(LAUNCH) messages

reset: ## stop knowing anything: remove var/ after asking (YES=1 does not ask)
	@$(LAUNCH) reset $(if $(YES),--yes)

lock: ## pin the requirements anew
	@$(LAUNCH) tools
	@$(TOOLS)/python -m pip install --quiet --disable-pip-version-check uv
	@for name in requirements requirements-dev requirements-local requirements-node; do \
		$(TOOLS)/python -m uv pip compile --quiet --universal --python-version 3.11 $$name.in -o $$name.txt || exit 1; \
	done
