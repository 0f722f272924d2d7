# Thin: everything happens in src/affect_core/tools/bootstrap.py.
#   make demo ARGS="--source video --path FILE"    make setup PYTHON=/path/to/python3.12

PYTHON ?=
ARGS ?=
export PYTHON
# Any Python 3 that really runs may start the set-up (a shim may exist and not run); it chooses the one to use.
STARTER := $(shell for p in $(PYTHON) python3 python3.11 python3.12; do \
    "$$p" -c "import sys; sys.exit(sys.version_info < (3, 8))" 2>/dev/null && echo "$$p" && break; done)
RUN = $(if $(STARTER),$(STARTER),$(error no Python 3 that runs: install CPython 3.11 or 3.12, e.g. sudo apt install python3 python3-venv)) src/affect_core/tools/bootstrap.py

.PHONY: help setup demo train-all table1 overlap papers test test-long check bench soak clean

help:
	@echo "make setup | demo | train-all | table1 | overlap | papers | test | test-long | check | bench | soak | clean"

setup demo train-all table1 overlap papers test test-long check bench soak clean:
	@$(RUN) $@ $(ARGS)
