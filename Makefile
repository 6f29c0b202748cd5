# `make TARGET` is `python tools/run.py TARGET`, where everything stands. Needs GNU make 3.81 (macOS) or later.
.DEFAULT_GOAL := help
.PHONY: help install lab test test-all check notebooks solutions pictures weights sweeps reference documents web wheel \
        site colab ladder bench doctor system-deps clean

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
# ARGS="01 02" are arguments of the script that a target runs.
RUN = @$(PYTHON) tools/run.py $@ --venv $(VENV) --jobs $(JOBS) $(if $(CPU),--cpu) $(ARGS)

help:
	@$(PYTHON) tools/run.py

install:
	$(RUN)
lab:
	$(RUN)
test:
	$(RUN)
test-all:
	$(RUN)
check:
	$(RUN)
notebooks:
	$(RUN)
solutions:
	$(RUN)
pictures:
	$(RUN)
weights:
	$(RUN)
sweeps:
	$(RUN)
reference:
	$(RUN)
documents:
	$(RUN)
web:
	$(RUN)
wheel:
	$(RUN)
site:
	$(RUN)
colab:
	$(RUN)
ladder:
	$(RUN)
bench:
	$(RUN)
doctor:
	$(RUN)
system-deps:
	$(RUN)
clean:
	$(RUN)
