# Needs Python 3.11 or newer with venv, and make. Everything else is put below .venv and .local by `make setup`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .local/uv/bin/uv
RUN := .venv/bin/
WORKERS ?= 3
TESTS ?= tests
SEED ?= 1
ROUNDS ?= 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
# A machine behind a proxy of its own trusts what its system trusts.
export UV_SYSTEM_CERTS := 1
export UV_NATIVE_TLS := 1
# Bytecode is kept whatever the shell says: without it each process that a test starts compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo quick test torture coverage check docs format bench up down

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 14

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Signalbox needs Python 3.11 or newer; $$($(PYTHON) --version 2>&1) is '$(PYTHON)'. Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .local/uv || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)."; exit 1; }
	@.local/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

.venv/.locked: $(UV) pyproject.toml uv.lock
	@$(UV) sync --locked --quiet --compile-bytecode --all-extras --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

setup: .venv/.locked ## the locked environment in .venv

demo: setup ## the main job on embedded parts, in under a minute
	@$(RUN)signalbox demo

quick: setup ## the tests that start no process and open no socket, in half a minute
	@$(RUN)pytest -q -n logical --hypothesis-profile quick -m "not outside" tests/unit tests/contract

test: setup ## everything that this machine can run, in 14 minutes on two cores
	@$(RUN)python -m tests.fixtures.kafka_server --fetch || true
	@$(RUN)pytest -n $(WORKERS) $(TESTS)

torture: setup ## the torture tests in full: SEED (1) is the first seed, ROUNDS (1) how many
	@$(RUN)python -m tests.fixtures.kafka_server --fetch
	@SIGNALBOX_TORTURE=full SEED=$(SEED) ROUNDS=$(ROUNDS) $(RUN)pytest -n $(WORKERS) \
		$(if $(filter tests,$(TESTS)),tests/torture,$(TESTS))

coverage: setup ## the branches that tests/unit and tests/contract reach
	@$(RUN)pytest -q -n $(WORKERS) --cov --cov-report=term tests/unit tests/contract

check: setup ## format, lint, types, imports
	@$(RUN)ruff format --check .
	@$(RUN)ruff check .
	@$(RUN)mypy .
	@$(RUN)lint-imports

docs: setup ## the pages as a site, in .local/site
	@NO_MKDOCS_2_WARNING=1 $(RUN)mkdocs build --quiet --strict

format: setup ## put the code into the house's format
	@$(RUN)ruff format .
	@$(RUN)ruff check --fix .

bench: setup ## the README's figures, on real Kafka, into bench/results.json; ARGS=--quick: whether it runs
	@$(RUN)python -m bench $(ARGS)

up: ## the whole stack in containers
	docker compose up --detach --build --wait

down: ## stop the stack
	docker compose down
