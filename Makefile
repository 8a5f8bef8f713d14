# One command each. `make test` is the one for a newcomer: it builds what it needs.
.PHONY: help dev lint test fuzz interrupt bench docs rules-docs man clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:
	@echo "make dev    a virtual environment in $(VENV) with everything for development"
	@echo "make lint   ruff, mypy --strict, import-linter, typos"
	@echo "make test   every test"
	@echo "make fuzz   damages contents of every format and reads them, FUZZ_SECONDS each"
	@echo "make interrupt  interrupts every long command at random moments, MOMENTS each"
	@echo "make bench  the benchmarks"
	@echo "make docs   the documentation into site/"
	@echo "make commands-docs  the page about the commands, after a change of their help"
	@echo "make rules-docs  the pages about the rules, after a change of rules/"
	@echo "make man    manual pages of every command into build/man"
	@echo "make clean  removes what the others made"

dev: $(READY)

# The stamp makes a second `make dev` cost nothing; a changed pyproject.toml makes it work again.
$(READY): pyproject.toml
	.ci/packages
	test -x $(BIN)/python || "$$(.ci/python)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	touch $(READY)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/typos

test: dev
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(PYTEST)

FUZZ_SECONDS ?= 600
fuzz: dev
	$(BIN)/python -m tests.decode.fuzz --seconds $(FUZZ_SECONDS) $(FUZZ)

MOMENTS ?= 100
interrupt: dev
	$(BIN)/python -m tests.interruption.hunt --moments $(MOMENTS) $(HUNT)

bench: dev
	$(BIN)/python -m benchmarks $(BENCH)

docs: dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

commands-docs: dev
	$(BIN)/python -m tests.manual > docs/commands.md

rules-docs: dev
	$(BIN)/leakseal rules docs docs/rules rules

man: dev
	$(BIN)/python -m scanner.cli.manual build/man

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
