# Every target sets up what it needs and can be run twice. `make` alone prints this list.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_INSTALL = $(BIN)/python -m pip --disable-pip-version-check install -qq --no-input
# A lock is complete: nothing is left to resolve, so nothing unpinned can slip in.
LOCKED := --require-hashes --no-deps --only-binary :all:

# Tests share the cores, but a file's tests stay together: they share what they set up. Our order, not xdist's.
PARALLEL ?= -n auto --dist loadfile --no-loadscope-reorder

APP := $(VENV)/.app
SELF := $(VENV)/.self
DEV := $(VENV)/.dev
NODE_TOOLS := node_modules/.dev
VENDOR := lti_tool/static/vendor/.copied

.PHONY: help
help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1~\2/p' Makefile | column -t -s '~'

.PHONY: setup
setup: $(DEV) $(SELF) $(NODE_TOOLS) $(VENDOR) ## Make the environment with everything a developer needs

.PHONY: setup-app
setup-app: $(SELF) $(VENDOR) ## Make the environment with what production needs, no tools

# The environment: one stamp for what production runs, one for the tools around it.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Hearth needs Python 3.11 or newer. Install it, or say PYTHON=/path/to/python." >&2; exit 1; }
	@echo "environment: $(VENV), from $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(APP): requirements/app.txt | $(BIN)/python
	@echo "packages: requirements/app.txt"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/app.txt
	@touch $@

$(SELF): pyproject.toml | $(APP)
	@$(PIP_INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): requirements/dev.txt | $(APP)
	@echo "packages: requirements/dev.txt"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/dev.txt
	@touch $@

$(NODE_TOOLS): package-lock.json | $(DEV)
	@echo "page tools: package-lock.json"
	@scripts/with-node npm ci --silent
	@touch $@

# Both ways of setting up end here. What only checks pages is not fetched for those who only serve them.
$(VENDOR): package.json package-lock.json scripts/vendor.py | $(APP)
	@[ -e $(NODE_TOOLS) ] || NODE_AT_LEAST=18 scripts/with-node npm ci --silent --omit=dev
	@$(BIN)/python scripts/vendor.py
	@touch $@

# Run it.

.PHONY: demo
demo: setup-app ## Start everything with a pretend LMS and a seeded course; Ctrl-C stops it
	@exec $(BIN)/hearth demo # in the shell's place, so that whoever stops make stops the demo

.PHONY: test
test: setup browser ## Run all tests (what="tests/unit -k rules" runs some)
	$(BIN)/pytest $(PARALLEL) $(what)

.PHONY: coverage
coverage: setup browser ## Run all tests and tell which lines none of them reached
	$(BIN)/pytest $(PARALLEL) --cov --cov-report=term --cov-report=html

.PHONY: bench
bench: setup ## Measure launches, roster sync and page weights against their reference runs
	$(BIN)/python -m tests.benchmarks $(what)

.PHONY: simulate
simulate: setup ## Play a term of 120 students over HTTP and hold the promises against it (what="--seed 2")
	@$(BIN)/python -m tests.simulation $(what)

.PHONY: browser
browser: # Chromium for the browser tests, where this machine can install it
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			echo "browser: chromium, by apt-get"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium fonts-liberation >/dev/null; \
		else \
			echo "The browser tests need chromium. Install it and try again." >&2; exit 1; \
		fi; }

# Check it: everything that must hold, in the order in which a mistake costs least.

.PHONY: check
check: check-format check-code check-types check-imports check-templates check-pages check-locks check-docs test ## Everything CI runs, in CI's order

.PHONY: check-format
check-format: setup
	$(BIN)/ruff format --check --output-format concise

.PHONY: check-code
check-code: setup
	$(BIN)/ruff check --output-format concise

.PHONY: check-types
check-types: setup
	$(BIN)/mypy

.PHONY: check-imports
check-imports: setup
	$(BIN)/lint-imports --no-logo

.PHONY: check-templates
check-templates: setup
	$(BIN)/djlint --lint --quiet .

.PHONY: check-pages
check-pages: setup
	scripts/with-node biome ci --colors=off --no-errors-on-unmatched

.PHONY: check-locks
check-locks: setup
	$(BIN)/python scripts/lock.py --check

.PHONY: check-docs
check-docs: setup
	$(BIN)/sphinx-build --quiet --fail-on-warning --fresh-env docs docs/_build/html

# Give it away.

.PHONY: moodle-plugin
moodle-plugin: setup-app ## Pack our Moodle plugin as a zip that Moodle's installer takes
	@$(BIN)/python scripts/moodle_plugin.py dist

# Keep it.

.PHONY: format
format: setup ## Format code, CSS and JavaScript, and mend what can be mended without thinking
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format
	scripts/with-node biome check --write --no-errors-on-unmatched

.PHONY: lock
lock: setup ## Pin what pyproject.toml and package.json ask for (upgrade=1: to the newest that fits)
	$(BIN)/python scripts/lock.py $(if $(upgrade),--upgrade)

.PHONY: hooks
hooks: setup ## Let git run the quick checks before each commit
	$(BIN)/pre-commit install

.PHONY: docs
docs: check-docs ## Build the documentation
	@echo "open docs/_build/html/index.html"

.PHONY: clean
clean: ## Remove what was built; the demo's data in var/ stays
	rm -rf $(VENV) node_modules lti_tool/static/vendor docs/_build htmlcov test-results
	rm -rf .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
