# Everything that one does with this tree. Each target makes what it needs, and makes it once.
# It takes Python 3.11 or newer and make; `PYTHON=/path/to/python3.12 make …` chooses another Python.

PYTHON ?= python3
HOST_NODE_FROM = 20
ARGS ?=
PROVE_ROUNDS ?= 3
LIVES ?= 5000
PROVED = tests/crash tests/ingest/test_lives.py tests/ingest/test_orders.py tests/resolvers/reports/test_any_life.py

BIN = .venv/bin
RUN = .venv/.run-is-installed
DEVELOPMENT = .venv/.development-is-installed
EXPLORER = api/graphiql/dist/index.html
CLIENTS = tests/clients/node_modules/.package-lock.json
EXPLORER_SOURCES = $(wildcard api/graphiql/*.js api/graphiql/*.json api/graphiql/index.html) \
	$(shell find api/graphiql/src api/graphiql/tabs -type f 2>/dev/null)
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
# The build backend looks for its own program on the PATH.
BUILD = PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP)

.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.PHONY: help install serve demo check test audit prove fix bench bench-growth schema wheel clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

install: $(RUN) $(EXPLORER) ## What it takes to run: .venv/ with bin/clickledger, and the explorer's page

serve: install ## Serve, with a database in this folder unless DATABASE_URL says otherwise (ARGS="--port 9000")
	$(BIN)/clickledger serve $(ARGS)

demo: install ## Fill the running server through its front doors, and compare its answers with figures made by hand
	$(BIN)/clickledger demo $(ARGS)

check: $(DEVELOPMENT) ## Format, lint, types and import contracts: seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: check $(EXPLORER) $(CLIENTS) ## Everything that CI runs, on both databases (ARGS="-k fx")
	$(BIN)/python -m pytest --numprocesses auto $(ARGS)

audit: $(DEVELOPMENT) $(CLIENTS) ## Fuzzing at length, every client and auditor, and a small bench: two minutes on two cores (ARGS="-k fuzz")
	CLICKLEDGER_FUZZ_LONG=1 $(BIN)/python -m pytest -m "audit or not audit" tests/clients tests/api/test_doors.py tests/benchmarks/test_smoke.py $(ARGS)

prove: $(DEVELOPMENT) $(EXPLORER) ## Whole lives in any order and kills at every commit boundary, many; prints the table (PROVE_ROUNDS=10 LIVES=20000)
	@rm -f .prove.jsonl
	PROVE_ROUNDS=$(PROVE_ROUNDS) PROVE_TABLE="$(CURDIR)/.prove.jsonl" CLICKLEDGER_LIVES=$(LIVES) \
		$(BIN)/python -m pytest --numprocesses auto $(PROVED) $(ARGS); code=$$?; \
		$(BIN)/python -m tests.crash.table .prove.jsonl; exit $$code

fix: $(DEVELOPMENT) ## Format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEVELOPMENT) $(EXPLORER) ## Measure, and print one table of ratios; the full size takes half an hour (ARGS="--scale 0.1")
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-growth: $(DEVELOPMENT) $(EXPLORER) ## Measure how costs grow, to a million sales and ten million clicks (ARGS="--scale 0.1")
	$(BIN)/python -m tests.benchmarks --growth $(ARGS)

schema: $(RUN) ## Write schema.graphql, the whole GraphQL schema
	$(BIN)/clickledger schema > schema.graphql.new
	mv schema.graphql.new schema.graphql

wheel: $(RUN) $(EXPLORER) ## Build dist/clickledger-….whl, with the explorer inside
	$(BUILD) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean: ## Remove all that was made here, but no database
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache api/graphiql/dist api/graphiql/node_modules tests/clients/node_modules
	find api schema resolvers ingest tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Clickledger needs Python 3.11 or newer, and $(PYTHON) is not: say PYTHON=/path/to/python3.11 make …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(RUN): requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(BUILD) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): requirements/development.txt $(RUN)
	$(PIP) install --require-hashes -r requirements/development.txt
	@touch $@

# Node is the machine's where it is new enough, else that of the wheel.
WITH_NODE = if [ "$$(node -p 'process.versions.node.split(".")[0] >= $(HOST_NODE_FROM)' 2>/dev/null)" = true ] && \
	command -v npm >/dev/null; then path="$$PATH"; else path="$$PWD/$(BIN):$$PATH"; fi

# dist/index.html is the last file of a build.
$(EXPLORER): $(EXPLORER_SOURCES) | $(RUN)
	@$(WITH_NODE); \
	cd api/graphiql && PATH="$$path" npm ci --loglevel=error && PATH="$$path" npm run --silent build
	@touch $@

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json | $(DEVELOPMENT)
	@$(WITH_NODE); cd tests/clients && PATH="$$path" npm ci --loglevel=error
	@touch $@
