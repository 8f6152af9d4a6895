# Everything a developer or a new user types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PEERS := $(VENV)/peers
export PIP_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The folders of the product, which mypy meets as parts of one package.
FOLDERS := $(filter-out bench picustream tests,$(patsubst %/__init__.py,%,$(wildcard */__init__.py)))

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format trace schemas bench chaos fuzz fuzz-hl7 gateway hostile mutation clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(READY) ## Make the environment in .venv and install everything into it

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 3; }
	@$(PYTHON) -c 'import venv, ensurepip' \
	  || { echo "This Python has no venv; install it (Debian: apt install python3-venv)"; exit 3; }
	@echo "Making the environment in $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q -e '.[local,test,lint]'
	@touch $@

demo: $(READY) ## Run everything on this machine with a simulated ward (ARGS="--for 90")
	@$(BIN)/picustream demo $(ARGS)

test: $(READY) ## Run all tests: the core, then real Kafka and Redis (ARGS="tests/scoring")
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

lint: $(READY) ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@rm -rf $(VENV)/typed && mkdir -p $(VENV)/typed/picustream
	@ln -s $(addprefix ../../../,$(FOLDERS) $(wildcard picustream/*.py)) $(VENV)/typed/picustream
	@MYPYPATH=$(VENV)/typed $(BIN)/mypy -p picustream

format: $(READY) ## Put the code into its form
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

schemas: $(READY) ## Write the JSON Schemas and the AsyncAPI document from the models
	@$(BIN)/python -m picustream.contract.schemas docs/schemas
	@$(BIN)/python -m picustream.contract.asyncapi docs/asyncapi.json

trace: $(READY) ## Write the table of rules, code and tests
	@$(BIN)/python -m tests.traceability

chaos: $(READY) ## Kill, pause and wipe everything at random while events flow (ARGS="--minutes 5 --seed 7")
	@$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(READY) ## Send broken messages through the engine, each accounted for (ARGS="--messages 1000000 --seed 1")
	@$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-hl7: $(READY) ## Send broken frames of HL7 v2 to the gateway's reader (ARGS="--messages 1000000 --seed 1")
	@$(BIN)/python -m tests.gateways.hl7.fuzz $(ARGS)

gateway: $(READY) ## Kill the gateway twenty times, a long outage, a million broken frames (ARGS="-k outage")
	@PICUSTREAM_TEST_KILLS=20 PICUSTREAM_TEST_OUTAGE=60 PICUSTREAM_TEST_FRAMES=1000000 \
	  $(BIN)/python -m pytest --timeout 3600 $(wildcard tests/integration/test_gateway*.py) $(ARGS)

hostile: $(READY) ## Send every record that a Kafka client can produce among a good ward (ARGS="--seed 7 --minutes 10")
	@$(BIN)/python -m tests.hostile $(ARGS)

mutation: $(READY) ## Which changes of scoring/ would the tests not notice (an hour or two; ARGS="--module units")
	@$(BIN)/pip install -q -e '.[mutation]'
	@$(BIN)/python -m tests.mutation $(ARGS)

bench: $(READY) $(PEERS)/ready ## Measure, against a baseline in the same run (ARGS="replay --quick")
	@$(BIN)/python -m bench $(ARGS)

$(PEERS)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(PEERS)
	@grep -v '^pydantic' constraints.txt > $(PEERS)/constraints.txt
	@PIP_CONSTRAINT=$(PEERS)/constraints.txt $(PEERS)/bin/pip install -q -e '.[bench]' && touch $@ \
	  || echo "No Quix Streams to compare with: it cannot be installed"

clean: ## Remove the environment and caches
	@rm -rf $(VENV) .mutation .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
