# make demo   a desk trades, the board fills, alerts page: everything on this machine
# make test   every check, exactly what CI runs
# Both set up what they need (Python environment, Go tools) and say how long each step takes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash
STEP   := $(PYTHON) scripts/step.py

# pyenv's shims answer only for the versions named here; tox wants all that are installed.
ifneq ($(shell command -v pyenv),)
export PYENV_VERSION := $(shell pyenv versions --bare | grep -E '^3\.1[1-3]\.[0-9]+$$' | paste -sd:)
endif

.PHONY: help demo top fault campaign test generate lock bench tools clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(STEP) "Python environment" -- scripts/venv.sh $(PYTHON) $(VENV)

tools: ## build the pinned Collector, Prometheus, Alertmanager and pint (about 5 minutes, once)
	@$(PYTHON) tools/build.py

# The clock starts with the user's command, whatever has to be built first.
demo: export FORTUNA_DEMO_STARTED := $(shell $(PYTHON) -c 'import time; print(time.time())')
demo: $(VENV)/.installed tools ## start the desk, the pipeline, the pager and, where Grafana is, the board
	@$(BIN)/python -m examples.desk.demo $(ARGS)

top: $(VENV)/.installed ## the running demo's first screen in this terminal, live (ARGS: fortuna-otel top --help)
	@$(BIN)/fortuna-otel top $(ARGS)

fault: ## NAME=… break something in the running demo and watch the page arrive (NAME=list shows what)
	@$(BIN)/python -m examples.desk.faults $(or $(NAME),list) $(ARGS)

campaign: $(VENV)/.installed tools ## every fault in turn on the whole desk, who was paged and how fast (14 minutes; writes docs/alerting.md)
	@$(BIN)/python -m examples.desk.campaign $(ARGS)

test: $(VENV)/.installed ## lint, types, rules, unit, end to end (builds Mimir too, 5 minutes, once)
	@$(PYTHON) tools/build.py --all
	@$(STEP) "tests" -- $(BIN)/tox run $(if $(CI),--skip-missing-interpreters=false) $(ARGS)

generate: $(VENV)/.installed ## write every generated file again (signals, thresholds, flows, routing, board)
	$(BIN)/python scripts/semconv.py
	$(BIN)/python scripts/thresholds.py
	$(BIN)/python scripts/flows.py
	$(BIN)/python scripts/recorded.py
	$(BIN)/python scripts/runbooks.py
	$(BIN)/python scripts/board.py
	$(BIN)/fortuna-otel alerts generate

bench: $(VENV)/.installed tools ## what telemetry costs a trading thread, beside its peers, and how fast pages and board are (35 minutes; ARGS=--quick: 9)
	@$(BIN)/python -m benchmarks $(ARGS)

LOCK = $(BIN)/uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet

lock: $(VENV)/.installed ## resolve requirements/ again from pyproject.toml: the newest, and the oldest we promise
	$(LOCK) --group dev --extra mandates --extra provisioning --extra top -o requirements/dev.txt
	$(LOCK) --group test --resolution lowest-direct -o requirements/oldest.txt

clean: ## remove what was built here (the tools' cache outside the clone stays)
	rm -rf $(VENV) .tox var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
