# `make TARGET` is `python tools/run.py TARGET`, where everything stands. Needs GNU make 3.81 (macOS) or later.
TARGETS := install lab test test-all check notebooks solutions pictures weights sweeps reference documents web wheel \
           site colab ladder bench doctor system-deps clean
.DEFAULT_GOAL := help
.PHONY: help $(TARGETS)

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2

help:  ## Show what there is
	@$(PYTHON) tools/run.py

$(TARGETS):  # ARGS="01 02" are arguments of the script that a target runs
	@$(PYTHON) tools/run.py $@ --venv $(VENV) --jobs $(JOBS) $(if $(CPU),--cpu) $(ARGS)
