# make run          the dashboard, in demo mode or on the configured tenant
# make test         lint, types and all tests
# make emulator     the emulator alone, on port 8400
# make bench        what a million events cost, against the budgets: takes half an hour and 8 GB
# make bench-quick  the same with a tenth of the events
# make lint         lint and types only
# make audit        look up the pinned packages in the database of known vulnerabilities
# make clean        removes what these commands made
#
# Streamlit's own settings work as environment variables: STREAMLIT_SERVER_PORT=8600 make run.
# Another Python than the one found: make run PYTHON=/path/to/python3.12.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# The first that runs and is new enough: a name on the PATH may be a shim with nothing behind it.
PYTHON = $(shell for found in python3.13 python3.12 python3.11 python3 python; do \
	"$$found" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$found" && break; done)

ARGS ?=

.PHONY: help run test emulator bench bench-quick lint audit clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# make /make /p' Makefile

run: $(VENV)/.requirements
	@$(BIN)/python -m streamlit run app.py $(ARGS)

emulator: $(VENV)/.requirements
	@$(BIN)/python -m gridrt_emulator --port 8400 $(ARGS)

bench: $(VENV)/.requirements-dev
	@$(BIN)/python -m tests.e2e.browser --install
	@$(BIN)/python -m tests.benchmarks $(ARGS)

bench-quick:
	@$(MAKE) --no-print-directory bench ARGS='--quick $(ARGS)'

# One after the other whatever -j says: the summary of the tests comes last.
test: lint
	@$(BIN)/python -m tests.e2e.browser --install
	@$(BIN)/python -m tests.debian_packages --install
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.requirements-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

audit: $(VENV)/.requirements-dev
	@$(BIN)/python tools/audit.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed again only when the pins have changed.
$(VENV)/.requirements: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt into $(VENV) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.requirements-dev: requirements-dev.txt $(VENV)/.requirements
	@echo "Installing requirements-dev.txt into $(VENV) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@python='$(PYTHON)'; \
	if ! "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "Python 3.11 or newer is needed; found: $$($${python:-python3} --version 2>&1 | head -n 1). Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version) ..."; \
	"$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
