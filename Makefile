# Two commands do all the set-up: `make serve` and `make test`. Each makes its own environment where there is none.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# For make test, which runs a worker on each core: PYTEST_ARGS='-n 0' runs them one after the other.
PYTEST_ARGS ?=

.PHONY: serve test bench bench-clients lint clean

serve: $(VENV)/.serve
	$(BIN)/coterie serve

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal $(PYTEST_ARGS)

bench: $(VENV)/.test
	$(BIN)/python -m eval.bench

bench-clients: $(VENV)/.test
	$(BIN)/python -m eval.bench.clients

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[local,knowledge]'
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.serve
