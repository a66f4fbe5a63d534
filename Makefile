# Everything happens in .venv; a file in it whose name ends in .done says which step needs no repeating.
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench lint lock clean

help: ## List these targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: $(VENV)/run.done ## Serve the stories on this machine; ARGS= is passed on to `timeline serve`.
	@exec $(BIN)/timeline serve $(ARGS)

test: $(VENV)/test.done $(VENV)/auditors.done ## Run every test; ARGS= is passed on to pytest, as in ARGS="-m 'not long'".
	@exec $(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

# With the tests' environment, because a PostgreSQL is in it.
bench: $(VENV)/test.done $(VENV)/bench.done ## Measure what the README quotes; ARGS="--quick" is a short look, ARGS="views" a part.
	@PYTHONPATH=tests exec $(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/test.done ## Check style, types, the floors of the design and dependencies.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(ARGS)

lock: $(VENV)/uv.done ## Pin what pyproject.toml asks for; ARGS=--upgrade takes the newest of everything.
	$(COMPILE) --group uv -o requirements/uv.txt
	$(COMPILE) pyproject.toml --group build -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra sso --extra gevent --group build --group test -c requirements/run.txt -o requirements/test.txt
	$(COMPILE) --group bench -o requirements/bench.txt

clean: ## Remove the environment and all caches, but not the database.
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(VENV)/made.done:
	@for name in python3.11 python3; do \
		if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making the environment in $(VENV) …"; $$name -m venv --clear $(VENV) && touch $@; exit; \
		fi; \
	done; \
	echo 'This needs Python 3.11 or newer, and found neither python3.11 nor such a python3.' >&2; exit 1

PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

$(VENV)/uv.done: requirements/uv.txt $(VENV)/made.done
	@$(PIP) install --require-hashes -r $< || echo 'uv cannot be had here: pip will do, more slowly.' >&2
	@touch $@

# Installing, never synchronising: what the tests need stays when the server is run.
install = { test -x $(BIN)/uv && $(BIN)/uv pip install --quiet --python $(BIN)/python $(1); } || $(PIP) install $(1)

$(VENV)/run.done $(VENV)/test.done: $(VENV)/%.done: requirements/%.txt pyproject.toml $(VENV)/uv.done
	@echo "Installing requirements/$*.txt …"
	@$(call install,--require-hashes -r $<)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

# What the benchmarks measure beside ours needs other versions of the same libraries.
PEERS := $(VENV)/bench

$(VENV)/bench.done: requirements/bench.txt $(VENV)/uv.done
	@echo "Installing $< in $(PEERS) …"
	@$(BIN)/python -m venv --clear $(PEERS)
	@{ test -x $(BIN)/uv && $(BIN)/uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r $<; } || \
		$(PEERS)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $<
	@touch $@

# Programs that audit the pages, from npm: where it is missing, or cannot install them, their tests are skipped.
AUDITORS := vnu-jar@26.9.27 lighthouse@12.8.2

$(VENV)/auditors.done: Makefile $(VENV)/made.done
	@if ! command -v npm >/dev/null; then \
		echo 'There is no npm here: the tests that audit the pages will be skipped.' >&2; exit; \
	fi; \
	echo "Installing $(AUDITORS) …"; \
	npm install --loglevel=error --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefix $(VENV) $(AUDITORS) \
		&& touch $@ || echo 'npm could not install them: the tests that audit the pages will be skipped.' >&2
