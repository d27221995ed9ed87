# The commands of this repository. `make run` and `make test` each work alone in a fresh clone with python3 and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The environment has two stages: what `make run` needs, and what tests and checks need on top of it.
RUN_SETUP := $(VENV)/.run-installed
SETUP := $(VENV)/.installed
UI_SETUP := ui/node_modules/.installed
STATIC := services/tocsin/gateway/static/index.html
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -type f -print 2>/dev/null)
# Each checkout has a state directory of its own.
TOCSIN_STATE_DIR ?= $(CURDIR)/state
# The environment's commands come first. A developer's environment also has Node, unless the machine has a recent one.
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup ui run wheel quick quick-pythons test test-pure test-servers check static lint types layers \
	ui-static ui-check bench ui-bench docs kube-tools lock clean

help:  ## List the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | awk -F'\t' '{printf "  %-13s %s\n", $$1, $$2}'

$(RUN_SETUP): requirements/run.txt deploy/docker/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or later, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Installing Tocsin's packages into $(VENV): about half a minute, 80 MB"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --require-hashes -r requirements/run.txt -r deploy/docker/build.txt
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(SETUP): requirements/dev.txt | $(RUN_SETUP)
	@echo "Installing the tools for tests and checks into $(VENV): about a minute, 400 MB"
	@$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	@scripts/node $(BIN)/python $(VENV)
	@touch $@

$(UI_SETUP): ui/package-lock.json | $(SETUP)
	@echo "Installing the page's development tools into ui/node_modules: about half a minute, 200 MB"
	@cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): $(UI_SOURCES) | $(RUN_SETUP)
	@scripts/page $(BIN)/python
	@touch $@

setup: $(SETUP) $(UI_SETUP)  ## Install everything for development, from the lock files

ui: $(STATIC)  ## Build the page

run: $(RUN_SETUP) $(STATIC)  ## Run everything on this machine with simulated events (ARGS="--port 8081" passes options on)
	@echo "State directory: $(TOCSIN_STATE_DIR)  (other commands find it with --state-dir)"
	@$(BIN)/tocsin up --state-dir "$(TOCSIN_STATE_DIR)" $(ARGS)

wheel: $(RUN_SETUP) $(STATIC)  ## Build the wheel into dist/
	@$(BIN)/pip wheel -q --no-deps --no-build-isolation -w dist .

quick: $(SETUP)  ## Run the quick unit tests: half a minute
	$(BIN)/python -m pytest tests/unit -m "not slow"

quick-pythons:  ## Run the quick unit tests with the distribution's Python and the newest one of this machine
	+@scripts/quick-pythons

test: $(SETUP) $(UI_SETUP) $(STATIC)  ## Run all tests: unit, nats-server, rules against another engine, page, end to end
	$(MAKE) --no-print-directory -j2 -O test-pure test-servers
	$(BIN)/python -m pytest tests/e2e

test-pure: $(SETUP) $(UI_SETUP) $(STATIC)
	$(BIN)/python -m pytest tests/unit tests/differential
	cd ui && npm test --silent

test-servers: $(SETUP) $(UI_SETUP) $(STATIC)
	$(BIN)/python -m pytest tests/integration

check: static  ## Run what needs no server: style, types, layers, unit tests, tests of the page
	$(BIN)/python -m pytest tests/unit
	cd ui && npm test --silent

static: lint types layers ui-static  ## Check style, types and layers; no tests

lint: $(SETUP)  ## Check the style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(SETUP)  ## Check the types
	$(BIN)/mypy

layers: $(SETUP)  ## Check which package imports which
	cd services && PYTHONPATH=. lint-imports --config ../pyproject.toml

ui-static: $(SETUP) $(UI_SETUP)
	cd ui && npm run --silent check && npm run --silent lint

ui-check: ui-static  ## Check types and style of the page, and run its tests
	cd ui && npm test --silent

bench: $(SETUP) $(STATIC)  ## Measure events a second, latency, CPU and memory (bench.steady: memory over ten minutes)
	PYTHONPATH=tests $(BIN)/python -m bench.stages

ui-bench: $(SETUP) $(STATIC)  ## Measure the page: sizes, first paint, send to paint, CPU, heap, fifty clients (UI_BENCH="--seconds 5")
	PYTHONPATH=tests $(BIN)/python -m bench.ui $(UI_BENCH)

docs: $(SETUP)  ## Write the generated files: parts of docs/, the users of NATS, and the chart's copies
	$(BIN)/python scripts/docs
	$(BIN)/python scripts/deploy

kube-tools:  ## Build kube-apiserver, etcd and helm for the tests of Kubernetes (needs Go; once, about eight minutes)
	scripts/kube-tools

lock: $(SETUP)  ## Compile the lock files again
	@scripts/lock $(BIN)/pip-compile

clean:  ## Remove what was built; the state directory stays
	rm -rf $(VENV) build dist ui/node_modules services/tocsin/gateway/static .mypy_cache .ruff_cache .pytest_cache
