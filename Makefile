# Two commands for a fresh machine: make demo, make test. Each sets up .venv first. make data brings real pictures.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: demo data test torture lint types security docs schema check release-check clean

.venv/.ready: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('matchzoo needs Python 3.11 or newer, this is ' + sys.version.split()[0]) if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[quickstart,dev,docs]"
	touch $@

demo: .venv/.ready
	$(BIN)/matchzoo run lgm/quickstart

# Fashion-MNIST and photos of Tux Paint, out of Debian packages (190 MB), without root; says so where there is no apt.
data: .venv/.ready
	$(BIN)/python -m matchzoo.data.preparation.debian

test: .venv/.ready
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=10

# Kills, faults and hostile files in full: at most two CPU hours. A part of it is in the tests.
torture: .venv/.ready
	$(BIN)/python tests/torture/everything.py

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ready
	$(BIN)/mypy

# Risky calls, secrets in tracked files, and known vulnerabilities of what is installed. Tests run our own pages, make
# pickles and hostile archives, and ask their own server; hashes are no secrets (those of recipes
# among results have 12 digits), and the class token of a card is none.
security: .venv/.ready
	$(BIN)/bandit -q -c pyproject.toml -r matchzoo benchmarks
	$(BIN)/bandit -q -c pyproject.toml -ll -r tests -s B101,B102,B108,B202,B301,B310,B314,B615
	files=$$(git ls-files) && $(BIN)/detect-secrets-hook --no-verify -p tests/security/hub_token.py \
		--exclude-secrets '^[0-9a-f]{64}$$' --exclude-lines 'the class token: ' \
		--exclude-lines '^ *"recipe": "[0-9a-f]{12}",$$' $$files
	$(BIN)/python tests/security/audit.py

docs: .venv/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The JSON Schema of recipes, of today's classes: a change of a declared field needs it.
schema: .venv/.ready
	$(BIN)/python -m matchzoo.recipes.schema

check: test lint types security docs

# Wheel and sdist into dist/, each installed into an empty environment elsewhere and used there. SHARED=--shared takes the
# dependencies of .venv, so that torch is not downloaded twice.
release-check: .venv/.ready
	$(BIN)/python tests/project/release_check.py $(SHARED)

clean:
	rm -rf .venv site dist build
