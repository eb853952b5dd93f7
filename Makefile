# The project's verbs. `make` or `make help` lists them.
#
# Needs python3 (3.11 or newer, with venv), git and a POSIX shell; everything else is installed
# into .venv from the hash-locked files in requirements/. Nothing outside the repository is
# written, but for the caches of pip, uv and numba (the compiled kernel).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8080
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
VENV := .venv
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
UV := $(BIN)/uv
# The machine's own certificates where it has them (behind a proxy that inspects, only they will
# do), else those that uv brings along. No active environment and no settings of the user's.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/cert.pem)
UV_RUN := env -u VIRTUAL_ENV $(UV) --no-config --quiet $(if $(CERTIFICATES),--system-certs)
# Where Python may not write bytecode at its first import, each process would compile all anew.
BYTECODE := $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)
COMPILE := $(UV_RUN) pip compile --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

say = @printf '%s\n' "$(1)"

.PHONY: help setup run test check integration chaos bench load architecture audit lock upgrade format image image-load clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(COMPILED) ## make .venv with everything, from the locked requirements
	@:

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Porta needs Python 3.11 or newer; $(PYTHON) is older or missing." \
			"Say which to use: make setup PYTHON=python3.12" >&2; exit 1; }
	$(call say,making $(VENV))
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(VENV); \
	else echo "$(PYTHON) has neither ensurepip nor pip, so it cannot fill an environment." \
		"On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi

# uv replaces itself when it is there; else the environment's pip brings it, else the machine's.
$(UV): requirements/uv.txt | $(BIN)/python
	$(call say,installing uv)
	@if test -x $(UV); then install="$(UV_RUN) pip install --python $(BIN)/python"; \
	elif test -x $(BIN)/pip; then install="$(BIN)/pip install --quiet --disable-pip-version-check"; \
	else install="$(PYTHON) -m pip --python $(BIN)/python install --quiet"; fi; \
	$$install --no-deps --require-hashes -r requirements/uv.txt
	@touch $@

$(SYNCED): requirements/dev.txt $(UV)
	$(call say,installing the locked requirements)
	@$(UV_RUN) pip sync --python $(BIN)/python --require-hashes $(BYTECODE) requirements/dev.txt
	@touch $(UV) $@

$(STAMP): pyproject.toml $(SYNCED)
	@$(UV_RUN) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Here, so that the first propagation does not wait for it.
$(COMPILED): $(STAMP) $(wildcard services/sim/jit.py services/sim/engine/system_diagnostics.py services/sim/export/loops.py services/sim/kernel/*.py services/sim/models/*/*.py services/sim/models/*/kernel/*.py)
	$(call say,compiling the numerical kernel)
	@$(BIN)/python -c 'from sim.engine import warm; warm(); from sim.export.warming import warm_exports; warm_exports()'
	@touch $@
	$(call say,ready: $(BIN)/porta)

run: setup ## serve on this machine: http://127.0.0.1:8080 (PORT=...)
	@exec $(BIN)/porta serve --port $(PORT)

test: setup ## everything: the checks, then the integration tests
	@scripts/prepare-machine
	@$(MAKE) check
	@$(MAKE) integration

check: setup ## format, lint, types, layers and unit tests: under two minutes
	@$(BIN)/ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@# In two halves, on two cores; in front the one that sends itself signals, Ctrl-C's among them.
	@$(BIN)/pytest -q -m "not integration" tests/unit --ignore tests/unit/frontend & half=$$!; \
	$(BIN)/pytest -q -m "not integration" tests/unit/frontend; other=$$?; \
	wait $$half && exit $$other

# Builds, downloads and whole clusters: they wait and compute, and promise nobody an answer in time.
# No test that sends Ctrl-C: what runs in the background of a shell ignores it, and so do its children.
BESIDE := tests/integration/infra $(addprefix tests/integration/test_,driver.py exports.py \
	gateway_cluster.py identity.py image.py image_notebook.py notebook.py openapi.py processors.py tls.py worker_pool.py)
IN_FRONT := $(filter-out $(BESIDE),$(wildcard tests/integration/test_*.py)) tests/integration/faults

integration: setup ## the integration tests: real Redis, real Dask Gateway, real browser
	@# In two parts, on two cores; what one of them prints comes at its end.
	@beside=$$(mktemp); trap 'rm -f "$$beside"; kill $$part 2>/dev/null' EXIT; trap 'exit 130' INT; \
	$(BIN)/pytest -m integration --durations=25 $(BESIDE) >"$$beside" 2>&1 & part=$$!; \
	$(BIN)/pytest -m integration --durations=25 $(IN_FRONT); other=$$?; \
	wait $$part; first=$$?; part=; cat "$$beside"; test $$first -eq 0 && exit $$other

chaos: setup ## an hour of random faults (CHAOS_MINUTES=60, CHAOS_SEED=... as a failure printed it)
	@CHAOS_MINUTES=$(or $(CHAOS_MINUTES),60) CHAOS_SEED=$(CHAOS_SEED) $(BIN)/pytest -m integration \
		tests/integration/faults/test_campaign.py -k as_long_as

bench: setup ## print each promise about speed beside what is measured here
	@$(BIN)/python -m benchmarks

load: setup ## the web under load, beside a bare Flask under the same gunicorn: some five minutes
	@scripts/prepare-machine --load
	@$(BIN)/python -m benchmarks.load

architecture: setup ## draw the figures and tables of ARCHITECTURE.md from the code
	@$(BIN)/python scripts/draw_architecture.py

audit: setup ## compare every locked release with the known advisories
	@scripts/audit

format: setup ## format the code and mend what ruff can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

lock: $(UV) ## resolve requirements/*.txt again, keeping what still fits
	$(call say,locking)
	@$(COMPILE) $(UPGRADE) pyproject.toml --extra frontend --extra local --extra infra --group dev \
		-o requirements/dev.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/sim.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt --extra frontend \
		-o requirements/frontend.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt --extra frontend --extra local \
		-o requirements/local.txt
	@$(COMPILE) pyproject.toml requirements/image.in -c requirements/dev.txt --extra frontend \
		-o requirements/image.txt
	@$(COMPILE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	@$(COMPILE) requirements/notebook.in -c requirements/dev.txt -o requirements/notebook.txt
	@$(COMPILE) --group lock -c requirements/dev.txt -o requirements/uv.txt

upgrade: ## resolve requirements/*.txt to the newest releases
	@$(MAKE) lock UPGRADE=--upgrade

image: ## build the images porta and porta-notebook (BASE=..., CA=..., BUILD_FLAGS=...)
	@CA="$(firstword $(CA) $(CERTIFICATES))" scripts/build-image frontend porta:$(VERSION) $(BUILD_FLAGS)
	@CA="$(firstword $(CA) $(CERTIFICATES))" scripts/build-image notebook porta-notebook:$(VERSION) \
		$(BUILD_FLAGS)

image-load: ## hand both images to minikube, or to kind (KIND=name of the cluster)
	@$(if $(KIND),kind load docker-image --name $(KIND),minikube image load) \
		porta:$(VERSION) porta-notebook:$(VERSION)

clean: ## remove the environment, caches and builds
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find services tests -name __pycache__ -type d -prune -exec rm -rf {} +
