# Two commands set everything up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint types contracts check bench clean

# A stamp per requirements file: pip runs again only when the pins change.
$(VENV)/.runtime: requirements.txt pyproject.toml
	@echo "==> Creating $(VENV) and installing the pinned packages (once; about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit("Handover needs Python 3.11 or later; this is %d.%d. Set PYTHON=python3.11, for example." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "==> Installing the pinned test tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.runtime ## a virtual home: meter, gateway, two SEP 2.0 clients, terminal and web page
	@$(BIN)/handover demo

test: $(VENV)/.dev ## the whole test suite
	@echo "==> Running the tests"
	@$(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types contracts test ## what CI runs

bench: $(VENV)/.dev ## the figures of benchmarks/README.md
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist src/*.egg-info
