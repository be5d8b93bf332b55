# Two commands for a fresh machine: make demo, make test. Each sets up .venv first. make data brings real pictures.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: demo data test torture lint types docs check clean

.venv/.ready: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('matchzoo needs Python 3.11 or newer, this is ' + sys.version.split()[0]) if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[quickstart,dev,docs]"
	touch $@

demo: .venv/.ready
	$(BIN)/matchzoo run lgm/quickstart

# Fashion-MNIST and photos of Tux Paint, out of Debian packages (190 MB), without root; says so where there is no apt.
data: .venv/.ready
	$(BIN)/python -m matchzoo.data.debian

test: .venv/.ready
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Kills, faults and hostile files in full: at most two CPU hours. A part of it is in the tests.
torture: .venv/.ready
	$(BIN)/python tests/torture/everything.py

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ready
	$(BIN)/mypy

docs: .venv/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

check: test lint types docs

clean:
	rm -rf .venv site dist build
