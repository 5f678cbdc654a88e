# Every target sets up what it needs and can be run twice. `make` alone prints this list.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_INSTALL = $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input
LOCKED := --require-hashes --only-binary :all:

APP := $(VENV)/.app
DEV := $(VENV)/.dev
NODE_TOOLS := node_modules/.dev
VENDOR := lti_tool/static/vendor/.copied

.PHONY: help
help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1~\2/p' Makefile | column -t -s '~'

.PHONY: setup
setup: $(DEV) $(NODE_TOOLS) $(VENDOR) ## Make the environment with everything a developer needs

.PHONY: setup-app
setup-app: $(APP) $(VENDOR) ## Make the environment with what production needs, no tools

# The environment: one stamp for what production runs, one for the tools around it.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Hearth needs Python 3.11 or newer. Install it, or say PYTHON=/path/to/python." >&2; exit 1; }
	@echo "environment: $(VENV), from $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(APP): requirements/app.txt pyproject.toml | $(BIN)/python
	@echo "packages: requirements/app.txt"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/app.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): requirements/dev.txt $(APP)
	@echo "packages: requirements/dev.txt"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/dev.txt
	@touch $@

$(NODE_TOOLS): package-lock.json $(DEV)
	@echo "page tools: package-lock.json"
	@scripts/with-node npm ci --silent
	@touch $@

# Both ways of setting up end here. Only what a browser loads is fetched when the tools are not there yet.
$(VENDOR): package.json package-lock.json scripts/vendor.py | $(APP)
	@[ -e $(NODE_TOOLS) ] || NODE_AT_LEAST=18 scripts/with-node npm ci --silent --omit=dev
	@$(BIN)/python scripts/vendor.py
	@touch $@
