# `make` alone lists what there is. Nothing but Python 3.11 or later and make is needed for demo and test.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
CODE := hub agents streams schemas operator_day
SAY_COMPILED := $(BIN)/python -c "from streams.compiled import compiled; print('The compiled part is', 'built.' if compiled('auto') else 'not built: there is no C compiler, or no Python.h. All works without it.')"
STOOD_FOR := tests/unit/codec tests/unit/core tests/unit/customer tests/unit/kafka tests/unit/resolve tests/property
ALL := $(CODE) tests setup.py $(wildcard bench examples)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

##### what it does

.PHONY: demo
demo: $(VENV)/.hub ## an operator's day in a minute; BROKER=kafka CRASH=1 SEED=7 KEEP=1 CUSTOMERS=23000 EVENTS=200000
	@$(BIN)/hub demo $(if $(BROKER),--broker $(BROKER)) $(if $(filter-out 0,$(CRASH)),--crash) \
	  $(if $(filter-out 0,$(KEEP)),--keep) $(if $(SEED),--seed $(SEED)) \
	  $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json)

.PHONY: kafka
kafka: $(VENV)/.hub ## start a local Apache Kafka on port 9092 (needs Java 17 and Maven)
	@$(BIN)/python -m streams.brokers up

.PHONY: kafka-stop
kafka-stop: $(VENV)/.hub ## stop it
	@$(BIN)/python -m streams.brokers down

.PHONY: bench bench-demo bench-idle bench-latency bench-memory bench-recovery bench-silence bench-cost
bench: $(VENV)/.hub ## the hub beside its peers on one core; ENGINES="hub hub-python faust quix quix-eos streams streams-eos floor floor-python" REPEAT=3 EVENTS=1000000 WORKLOAD="reference-20k reference-200k day" PROFILE=1 PAGE=1
	@$(BIN)/python -m bench.peers $(addprefix --engine ,$(ENGINES)) $(addprefix --workload ,$(WORKLOAD)) \
	  $(if $(REPEAT),--repeat $(REPEAT)) $(if $(EVENTS),--events $(EVENTS)) $(if $(filter-out 0,$(PROFILE)),--profile) \
	  $(if $(filter-out 0,$(PAGE)),--page)

bench-demo: $(VENV)/.hub ## a worker's CPU per event beside stock Faust's; EVENTS=800000 REPEAT=3 SLICES=24 PROFILE=1
	@$(BIN)/python -m bench.demo $(if $(EVENTS),--events $(EVENTS)) $(if $(REPEAT),--repeat $(REPEAT)) \
	  $(if $(SLICES),--slices $(SLICES)) $(if $(filter-out 0,$(PROFILE)),--profile)

bench-latency: $(VENV)/.hub ## from a reason typed to ranked actions, beside 5,000 events/s; LENGTH=60 EVENTS=5000 SHARE=60 PARTITIONS=4 WORKERS=2 PROBE=context
	@$(BIN)/python -m bench.latency $(if $(filter-out 0,$(LENGTH)),--seconds $(LENGTH)) \
	  $(if $(EVENTS),--events $(EVENTS)) $(if $(SHARE),--share $(SHARE)) $(if $(PARTITIONS),--partitions $(PARTITIONS)) $(if $(WORKERS),--workers $(WORKERS)) $(if $(PROBE),--probe $(PROBE)) $(if $(filter-out 0,$(PLAIN)),--no-transactions)

bench-memory: $(VENV)/.hub ## what a customer costs in memory, and the collector's pauses; CUSTOMERS=1000000
	@$(BIN)/python -m bench.memory $(if $(CUSTOMERS),--customers $(CUSTOMERS))

bench-idle: $(VENV)/.hub ## what a worker with nothing to do takes of a core, two minutes; PARTITIONS=64
	@$(BIN)/python -m bench.idle $(if $(PARTITIONS),--partitions $(PARTITIONS))

bench-recovery: $(VENV)/.hub ## what reading the state back costs per changelog record, beside stock Faust; CUSTOMERS=200000 REPEAT=3
	@$(BIN)/python -m bench.recovery $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(REPEAT),--repeat $(REPEAT))

bench-silence: $(VENV)/.hub ## the longest silence of any partition when a worker goes; SCENARIO="kill zombie" REPEAT=3 EVENTS=1000
	@$(BIN)/python -m bench.silence $(addprefix --scenario ,$(SCENARIO)) $(if $(REPEAT),--repeat $(REPEAT)) \
	  $(if $(EVENTS),--events $(EVENTS))

bench-cost: $(VENV)/.hub ## whether an event costs the hub in memory more than it did, half a minute; KEEP=1 moves the baseline
	@$(BIN)/python -m bench.cost $(if $(filter-out 0,$(KEEP)),--keep)

.PHONY: conversation
conversation: $(VENV)/.hub ## a call as an agent's desk sees it: screen-pop, actions, reasons why; BROKER=kafka
	@$(BIN)/python examples/conversation.py $(if $(BROKER),--broker $(BROKER))

##### what proves it

.PHONY: test
test: check ## all checks and all tests; those that need more than Python say what is missing; PYTEST="tests/unit -x"
ifeq ($(PYTEST),)
	@echo "Without the compiled part, what it stands for ..."
	@HUB_COMPILED=off $(BIN)/pytest --quiet $(STOOD_FOR)
endif
	@$(BIN)/pytest $(PYTEST)

.PHONY: simulate
simulate: $(VENV)/.dev ## crashes, rebalances and zombies by seed, on the real core in memory; SEEDS=10000 FIRST_SEED=0
	@$(BIN)/python -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST_SEED),--first $(FIRST_SEED))

.PHONY: chaos chaos-brokers
chaos: $(VENV)/.dev ## a day on a real Kafka under kills, zombies and compaction; SEED=1 MINUTES=10 CUSTOMERS=4000 CONTROL=1
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(filter-out 0,$(CONTROL)),--control)

chaos-brokers: $(VENV)/.dev ## the same on three brokers, whose transaction coordinators are killed; SEED=1 MINUTES=10
	@$(BIN)/python -m tests.chaos --brokers 3 $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(CUSTOMERS),--customers $(CUSTOMERS))

.PHONY: fuzz
fuzz: $(VENV)/.dev ## throw bytes at decoder, envelope, resolve and control; MINUTES=1 SEED=7; failures under build/fuzz
	@$(BIN)/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

.PHONY: check
check: lint types rooms drift ## all of lint, types, rooms and drift; `make -k check` shows every failure

.PHONY: lint
lint: $(VENV)/.dev ## ruff, rules and format
	@$(BIN)/ruff check $(ALL)
	@$(BIN)/ruff format --check $(ALL)

.PHONY: types
types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy $(ALL)

.PHONY: rooms
rooms: $(VENV)/.dev ## who imports whom, and which dependencies are declared
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .

.PHONY: drift
drift: $(VENV)/.dev ## whether everything generated is as its source says
	@$(BIN)/python -m schemas check
	@$(BIN)/python -m streams.metrics --check

.PHONY: format
format: $(VENV)/.dev ## let ruff arrange the code
	@$(BIN)/ruff check --fix $(ALL)
	@$(BIN)/ruff format $(ALL)

.PHONY: generate
generate: $(VENV)/.dev ## remake what derives from contracts and the metric catalogue
	@$(BIN)/python -m schemas generate
	@$(BIN)/python -m streams.metrics

##### what it stands on

# Two stamps: the program alone is a third of the downloads of the program with its checks.
$(VENV)/.venv: requirements/build.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed; there is no $(PYTHON). PYTHON=/path/to/python3.11 names another." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). PYTHON=/path/to/python3.11 names another." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) has no venv module: apt-get install python3-venv." >&2; exit 2; }
	@$(PIP) --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.hub: $(VENV)/.venv requirements/hub.txt pyproject.toml setup.py $(wildcard streams/native/*.pyx streams/native/*.h)
	@echo "Installing the hub into $(VENV) (once) ..."
	@$(PIP) --require-hashes --no-build-isolation -r requirements/hub.txt
	@rm -f streams/native/*.so
	@$(PIP) --no-build-isolation --no-deps -e .
	@$(SAY_COMPILED)
	@touch $@

$(VENV)/.dev: $(VENV)/.hub requirements/dev.txt
	@echo "Installing what the checks and tests need (once) ..."
	@$(PIP) --require-hashes --no-build-isolation -r requirements/dev.txt
	@touch $@

UV := $(VENV)/lock/bin/uv
UV_COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-annotate

.PHONY: compiled
compiled: $(VENV)/.hub ## build the compiled part anew, and say whether it is there; without a C compiler all goes without it
	@rm -f streams/native/*.so
	@$(BIN)/python setup.py --quiet build_ext --inplace --force
	@$(SAY_COMPILED)

.PHONY: wheel
wheel: $(VENV)/.hub ## a wheel for this platform under dist, with the compiled part where there is a C compiler
	@rm -rf build/lib* build/bdist*
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: lock
lock: $(VENV)/.venv ## write the locks from requirements/*.in anew
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv==0.9.0; }
	@$(UV_COMPILE) requirements/build.in --allow-unsafe -o requirements/build.txt
	@$(UV_COMPILE) requirements/dev.in -o requirements/dev.txt
	@$(UV_COMPILE) requirements/hub.in -c requirements/dev.txt -o requirements/hub.txt
	@$(UV_COMPILE) requirements/quix.in -o requirements/quix.txt

.PHONY: clean
clean: ## remove everything made, the virtual environment too; a local Kafka is stopped first
	@test ! -e build/kafka/node/state.json || test ! -x $(BIN)/python || $(BIN)/python -m streams.brokers down
	@rm -rf $(VENV) build dist *.egg-info streams/native/*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
