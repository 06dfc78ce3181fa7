# Two commands on a machine with Python ≥ 3.11 and make: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint docs tutorials bench trust mutants audit clean

demo: $(STAMP)
	$(BIN)/python benchmarks/demo.py

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(STAMP)
	$(BIN)/pip install -q -c constraints.txt ruff mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMP)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

# runs them on the real data, which SCRCL_GEO_DATA names or a download has; refreshes the committed pages and pictures
tutorials: $(STAMP)
	$(BIN)/python docs/make_tutorials.py

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py cells
	$(BIN)/python benchmarks/run.py spatial

# torch first and by itself: an exact version, so that a CPU build that is already at hand is taken
$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check $$(grep '^torch==' constraints.txt)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

# faults, damaged files, hostile calls and load in their long form, about two hours; the tests hold the short form.
# Each part runs whatever the others found, and one that lost something fails the whole.
trust: $(STAMP)
	@status=0; for part in faults robustness hostile load; do \
		$(BIN)/python benchmarks/$$part.py || status=1; \
	done; exit $$status

# how many edits of losses, refinement, scores and checks the tests notice, about an hour
mutants: $(STAMP)
	$(BIN)/pip install -q --disable-pip-version-check mutmut
	$(BIN)/mutmut run --max-children 1

# published weaknesses of the versions in constraints.txt; asks a database on the network
audit: $(STAMP)
	$(BIN)/pip install -q --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --no-deps --disable-pip -r constraints.txt

clean:
	rm -rf $(VENV) demo-output
