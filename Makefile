# Everything a developer does here. `make run` and `make test` each work alone in a fresh clone with python3 and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed
UI_SETUP := ui/node_modules/.installed
STATIC := services/tocsin/gateway/static/index.html
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -type f -print 2>/dev/null)
# The environment's own tools first: Node comes from a wheel where the machine has none that is new enough.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup ui run test test-pure test-servers check static lint types layers ui-static ui-check bench ui-bench docs kube-tools lock clean

help:  ## What there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | awk -F'\t' '{printf "  %-10s %s\n", $$1, $$2}'

setup: $(SETUP)  ## The virtual environment, from the lock file

$(SETUP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or later, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@scripts/node $(BIN)
	@touch $@

ui: $(STATIC)  ## Build the page

$(UI_SETUP): ui/package-lock.json | $(SETUP)
	cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): $(UI_SETUP) $(UI_SOURCES)
	cd ui && npm run --silent build
	@touch $@

run: $(SETUP) $(STATIC)  ## Everything on this machine with simulated events, and the page
	$(BIN)/tocsin up --simulate

test: $(SETUP) $(STATIC)  ## All tests: unit, real nats-server, rules against another engine, page, whole processes
	$(MAKE) --no-print-directory -j2 -O test-pure test-servers
	$(BIN)/python -m pytest tests/e2e

test-pure: $(SETUP) $(STATIC)
	$(BIN)/python -m pytest tests/unit tests/differential
	cd ui && npm test --silent

test-servers: $(SETUP) $(STATIC)
	$(BIN)/python -m pytest tests/integration

check: static  ## What needs no server: style, types, layers, and quick tests
	$(BIN)/python -m pytest tests/unit
	cd ui && npm test --silent

static: lint types layers ui-static

lint: $(SETUP)  ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(SETUP)  ## Types
	$(BIN)/mypy

layers: $(SETUP)  ## Who may import whom
	cd services && PYTHONPATH=. lint-imports --config ../pyproject.toml

ui-static: $(SETUP) $(UI_SETUP)
	cd ui && npm run --silent check && npm run --silent lint

ui-check: ui-static  ## Types, style and tests of the page
	cd ui && npm test --silent

bench: $(SETUP) $(STATIC)  ## Measure events a second, latency, CPU and memory (bench.steady: memory over ten minutes)
	PYTHONPATH=tests $(BIN)/python -m bench.stages

ui-bench: $(SETUP) $(STATIC)  ## Measure the page: sizes, first paint, send to paint, CPU, heap, fifty clients (UI_BENCH="--seconds 5")
	PYTHONPATH=tests $(BIN)/python -m bench.ui $(UI_BENCH)

docs: $(SETUP)  ## Write what is made from the code and the pack: parts of docs/, users of NATS, and the chart's copies
	$(BIN)/python scripts/docs
	$(BIN)/python scripts/deploy

kube-tools:  ## Build kube-apiserver, etcd and helm, which tests of Kubernetes use where they are (needs Go; once, some eight minutes)
	scripts/kube-tools

lock: $(SETUP)  ## Recompile the lock files
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header -o requirements/run.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header --extra kubernetes --extra nkeys -o requirements/image.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header --extra test --extra check -o requirements/dev.txt pyproject.toml
	$(BIN)/pip-compile -q --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header --no-annotate -c requirements/dev.txt -o deploy/docker/build.txt deploy/docker/build.in

clean:  ## Remove what was built
	rm -rf $(VENV) ui/node_modules services/tocsin/gateway/static .mypy_cache .ruff_cache .pytest_cache
