# Each target is a command that also runs without make: CONTRIBUTING.md lists them. Needs GNU make 3.81 (macOS) or later.
.DEFAULT_GOAL := help
.PHONY: help install lab test test-all check notebooks solutions pictures weights sweeps reference web wheel site colab ladder bench doctor system-deps clean

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
INSTALL := $(PYTHON) tools/install.py --venv $(VENV) $(if $(CPU),--cpu)

# JupyterLab refuses to run as root unless told: in a container, root is often the only user.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# Results of test runs go to a folder of their own, never to the student's results/.
RESULTS := LABKIT_RESULTS="$$(mktemp -d)"; export LABKIT_RESULTS; trap 'rm -rf "$$LABKIT_RESULTS"' EXIT;
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
# tests/browser imports Playwright, which only test-all installs.
PLAIN := $(PYTEST) --ignore=tests/browser
MARKS := not browser and not sandbox and not coreml
NBVAL := LABKIT_QUICK=1 $(PYTEST) --nbval-lax --nbval-current-env --nbval-cell-timeout=300
# Each needs what those before it have made.
SWEEPS := sweep_benchmark sweep_quantize sweep_prune sweep_distill train_compact train_micro make_tflite sweep_mobile sweep_compress
SYSTEM := bubblewrap chromium fonts-dejavu-core gcc libc6-dev libseccomp2 python3-venv

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  CPU=1 installs torch without CUDA: half the disk. JOBS=1 runs one test at a time."

install:  ## Make .venv and install the course, if that is not done yet
	@$(INSTALL)

lab: install  ## Open the labs in JupyterLab
	$(BIN)/python -m jupyter lab --notebook-dir=labs $(AS_ROOT)

test: install  ## Run all tests and all notebooks (no Debian packages needed)
	@$(RESULTS) $(PLAIN) -m "$(MARKS)"
	@$(RESULTS) $(NBVAL) labs
	@$(RESULTS) LABKIT_STRICT=1 $(NBVAL) solutions

test-all:  ## Also run what needs a browser, a sandbox or a compiler
	@$(INSTALL) --with browser --with coreml --with grading --with site
	@$(RESULTS) $(PYTEST)
	@$(RESULTS) $(NBVAL) labs
	@$(RESULTS) LABKIT_STRICT=1 $(NBVAL) solutions

check: install  ## Before a commit: style, unit tests, rebuilt notebooks (under two minutes)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python tools/build_notebooks.py --check
	@$(RESULTS) $(PLAIN) -m "$(MARKS) and not slow"

notebooks: install  ## Build labs/ and solutions/ from solutions/*.py
	$(BIN)/python tools/build_notebooks.py

solutions: install  ## Build the notebooks and execute the solutions
	@$(RESULTS) $(BIN)/python tools/build_notebooks.py --execute

pictures:  ## Take the pictures of the README in a real browser
	@$(INSTALL) --with browser
	@mkdir -p docs/pictures
	LABKIT_QUICK=0 LABKIT_PICTURES="$(CURDIR)/docs/pictures" $(BIN)/python -m pytest tests/browser/test_labs.py

weights: install  ## Train the baseline again (then the sweeps, which depend on it)
	$(BIN)/python tools/train_weights.py

sweeps: install  ## Compute what the sliders show, and train the other shipped weights (hours)
	@for script in $(SWEEPS); do echo "$$script"; $(BIN)/python "tools/$$script.py" || exit 1; done

reference: install  ## Run the solutions and ship what they measured (on a quiet machine)
	$(BIN)/python tools/reference_rows.py

web:  ## Build what runs in the browser again (needs Node.js 20)
	npm ci --ignore-scripts --prefix web
	npm run build --prefix web

wheel: install  ## Build dist/labkit-*.whl with data, weights and labs inside
	$(BIN)/python -m build --wheel --no-isolation

site:  ## Build build/site: labs to read, with sliders that move
	@$(INSTALL) --with site
	$(BIN)/python tools/build_site.py

colab: install  ## Run labs 01 and 02 with Colab's versions (network, 8 GB; LIST=pip-freeze.txt)
	$(BIN)/python tools/colab.py $(if $(LIST),--list $(LIST) --python 3.13)

ladder: install  ## Test the oldest and newest versions that labkit claims (network, 6 GB)
	$(BIN)/python tools/ladder.py

bench:  ## Run every benchmark; each writes JSON to benchmarks/results/ (needs system-deps)
	@$(INSTALL) --with browser
	@for script in $(filter-out %/common.py,$(wildcard benchmarks/*.py)); do echo "$$script"; $(BIN)/python "$$script" || exit 1; done

doctor: install  ## Say what this machine has and what is missing
	@$(BIN)/labkit doctor

system-deps:  ## Install the Debian packages that test-all needs
	@command -v apt-get >/dev/null || { echo "Not Debian or Ubuntu. Install the like of: $(SYSTEM)"; exit 1; }
	@if dpkg -s $(SYSTEM) >/dev/null 2>&1; then echo "All there: $(SYSTEM)"; else \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -q && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(SYSTEM); fi

clean:  ## Delete what was built (not .venv, not results/)
	rm -rf build dist benchmarks/results .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -not -path "./.venv/*" -prune -exec rm -rf {} +
