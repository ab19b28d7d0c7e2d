# The only interface to this project: each target sets up what it needs by itself.
# A fresh machine needs Python 3.11 or later with its venv module, git and make.

.DEFAULT_GOAL := help
.PHONY: help demo test same newest check bench docs clean
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
NEWEST_VENV := .venv-newest
# What `make newest` runs: the fast tests of what rests most on other libraries.
NEWEST_TESTS := tests/nn tests/training/test_optimizers.py tests/training/test_loop.py \
  tests/data/test_read.py tests/data/test_sheets.py tests/data/test_dtypes.py \
  tests/data/test_decode.py tests/export tests/serve tests/test_estimators.py tests/test_tracking.py
# Which benchmarks `make bench` runs; name one to run it alone: make bench BENCH=benchmarks/tables/run.py
BENCH ?= $(sort $(wildcard benchmarks/*/run.py))
BENCH_PINS := $(wildcard benchmarks/constraints.txt)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
TORCH := $(shell grep '^torch==' constraints.txt)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s  %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.run ## train on the table that comes with the package, and predict three rows
	@$(BIN)/tenfold demo

test: $(VENV)/.dev $(VENV)/.browser ## run every test, doctest, example, and block of the documentation
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

same: $(VENV)/.dev ## compare golden runs of this tree and of COMMIT bit for bit: make same COMMIT=main
	@$(BIN)/python -m tests.golden against $(or $(COMMIT),HEAD)

check: $(VENV)/.dev ## look for faults without running: style, types, layers, spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/typos

# The environment is made anew each time, and no constraints.txt holds it back. Torch alone is
# pinned: a newer one brings gigabytes of libraries for GPUs, which a trial does not need.
newest: ## try the newest versions of all libraries but torch: the demo and the fast tests
	@rm -rf $(NEWEST_VENV)
	@$(MAKE) $(NEWEST_VENV)/bin/python
	@echo "installing the newest versions into $(NEWEST_VENV)"
	@$(NEWEST_VENV)/bin/python $(PIP_INSTALL) --upgrade $(TORCH) \
	  -e '.[dev,parquet,excel,heic,hog,dask,ray,tracking,onnx,serve,keras]'
	@cd $(NEWEST_VENV) && bin/tenfold demo
	@$(NEWEST_VENV)/bin/python -m pytest -m "not slow" -n 2 --dist loadfile $(NEWEST_TESTS)

docs: $(VENV)/.dev ## build the pages under docs/_build/html; a warning is an error
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(BENCH_VENV)/.bench ## measure every claim anew, in an environment with the competitors
	@set -e; for file in $(BENCH); do echo "== $$file"; $(BENCH_VENV)/bin/python "$$file"; done

clean: ## take away environments, caches and built pages; runs/ stays
	rm -rf $(VENV) $(BENCH_VENV) $(NEWEST_VENV) docs/_build docs/reference/generated build dist
	rm -rf tests/browser/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. A stamp says what is installed; a newer pyproject.toml or constraints.txt renews it.

$(BIN)/python $(BENCH_VENV)/bin/python $(NEWEST_VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "no Python was found: install Python 3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: install Python 3.11, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(@D:/bin=) || \
	  { rm -rf $(@D:/bin=); echo "install Python's venv module: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing tenfold into $(VENV)"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt hatchling editables
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing what tests, checks and documentation need into $(VENV)"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt --no-build-isolation -e '.[dev,docs,parquet,excel,heic,hog,dask,ray,tracking,onnx,serve,keras]'
	@touch $@

# Tests in a browser need Debian's chromium, too, and are left out without it.
$(VENV)/.browser: tests/browser/package-lock.json | $(VENV)/.dev
	@if command -v npm >/dev/null; then npm ci --prefix tests/browser --silent --no-audit --no-fund; \
	  else echo "there is no npm: tests in a browser are left out" >&2; fi
	@touch $@

$(BENCH_VENV)/.bench: pyproject.toml constraints.txt $(BENCH_PINS) | $(BENCH_VENV)/bin/python
	@echo "installing tenfold and its competitors into $(BENCH_VENV)"
	@$(BENCH_VENV)/bin/python $(PIP_INSTALL) $(TORCH) \
	  $(BENCH_PINS:%=-c %) -e '.[bench,onnx,serve]'
	@touch $@
