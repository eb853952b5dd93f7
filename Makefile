# The project's verbs. `make` or `make help` lists them.
#
# Needs python3 (3.11 or newer, with venv), git and a POSIX shell; everything else is installed
# into .venv from the hash-locked files in requirements/, and what checks the pages' scripts into
# node_modules, where there is npm. Nothing outside the repository is
# written, but for the caches of pip, uv and numba (the compiled kernel).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8080
VERSION := $(shell sed -n 's/^VERSION: Final = "\(.*\)"/\1/p' services/sim/version.py)
VENV := .venv
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
MANUAL := services/frontend/web/pages/manual_site/index.html
MODULES := node_modules/.package-lock.json
TSC := node_modules/typescript/bin/tsc
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

.PHONY: help setup run notebook test check types screenshots docs numerics integration chaos bench load architecture audit release-check lock upgrade format image image-load cluster-test clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(COMPILED) $(if $(shell command -v npm),$(MODULES)) ## make .venv with everything, from the locked requirements
	@:

# What checks the pages' scripts; the pages themselves need none of it. Without a registry it stays
# away, and what needs it says so.
$(MODULES): package.json package-lock.json
	$(call say,installing what checks the pages)
	@npm ci --ignore-scripts --no-audit --no-fund --silent --fetch-retries=1 && touch $@ \
		|| echo "npm could not install TypeScript and axe-core: see npm ci." >&2

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
$(COMPILED): $(STAMP) $(wildcard services/sim/jit.py services/sim/elementary.py services/sim/normals.py services/sim/osculating.py services/sim/engine/system_diagnostics.py services/sim/export/loops.py services/sim/kernel/*.py services/sim/models/*.py services/sim/models/*/*.py services/sim/models/*/kernel/*.py services/sim/models/*/kernel/*/*.py services/sim/ensemble/warming.py)
	$(call say,compiling the numerical kernel)
	@# On two cores: either takes as long as the other.
	@$(BIN)/python -c 'from sim.ensemble.warming import warm_ensembles; warm_ensembles()' & half=$$!; \
	$(BIN)/python -c 'from sim.engine import warm; warm(); from sim.export.warming import warm_exports; warm_exports()'; \
	other=$$?; wait $$half && exit $$other
	@touch $@
	$(call say,ready: $(BIN)/porta)

run: setup ## serve on this machine: http://127.0.0.1:8080 (PORT=...)
	@test -f $(MANUAL) || $(BIN)/python -m manual || echo "The manual was not built." >&2
	@exec $(BIN)/porta serve --port $(PORT)

notebook: setup ## the same with JupyterLab beside it, connected (PORT=...)
	@exec $(BIN)/porta serve --port $(PORT) --notebook

# Parts run beside each other, as jobs of a make of their own: what a shell has in its background
# would ignore Ctrl-C, which some tests send. What a part prints comes at its end.
part = @out=$$(mktemp); trap 'rm -f "$$out"' EXIT; trap 'exit 130' INT; \
	MAKEFLAGS= $(1) >"$$out" 2>&1; status=$$?; cat "$$out"; exit $$status

test: setup ## everything: the checks, then the integration tests and the numerical proofs
	@scripts/prepare-machine
	@$(MAKE) check
	@$(MAKE) -k -j5 $(INTEGRATION) numerics-beside

# Those first that wait for most of their time: four parts keep two cores busy.
CHECKS := $(addprefix check-,processes frontend web engine sim types scripts)
PROCESSES := $(addprefix tests/unit/frontend/,cli embedded)
WEB := tests/unit/frontend/web
ENGINE := $(addprefix tests/unit/sim/,engine ensemble export kernel models)
UNIT := $(BIN)/pytest -q -m "not integration"

check: setup ## format, lint, types, layers and unit tests: under two minutes
	@$(BIN)/ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/lint-imports --no-logo
	@$(MAKE) -k -j4 $(CHECKS)

.PHONY: $(CHECKS)
check-processes:
	$(call part,$(UNIT) $(PROCESSES))
check-frontend:
	$(call part,$(UNIT) tests/unit/frontend $(addprefix --ignore=,$(WEB) $(PROCESSES)))
check-web:
	$(call part,$(UNIT) $(WEB))
check-engine:
	$(call part,$(UNIT) $(ENGINE))
check-sim:
	$(call part,$(UNIT) tests/unit $(addprefix --ignore=,tests/unit/frontend $(ENGINE)))
check-types:
	$(call part,$(BIN)/mypy)
check-scripts:
	$(call part,$(MAKE) types)

types: $(if $(shell command -v npm),$(MODULES)) ## check the types of the pages' scripts
	@if test -f $(TSC) && command -v node >/dev/null; then node $(TSC) --project jsconfig.json; \
	else echo "The types of the pages' scripts were not checked: there is no npm here."; fi

numerics: setup ## the long numerical proofs: against the references, REBOUND, SciPy and NumPy
	@$(BIN)/pytest -q --durations=25 tests/numerics

# Neither promises anybody an answer in time: builds, downloads and compilations; whole clusters.
BUILDS := tests/integration/infra tests/unit/infra/charts $(addprefix tests/integration/test_,audit.py crates.py image.py image_notebook.py processors.py)
BESIDE := $(addprefix tests/integration/test_,data_tools.py documents.py driver.py exports.py gateway_cluster.py generated_client.py identity.py \
	local_cluster.py notebooks.py openapi.py porta.py tls.py worker_pool.py)
# Faults mostly wait for their end; what a browser draws computes. The rest is in front.
FAULTS := tests/integration/faults
OF_PAGES := tests/integration/pages $(addprefix tests/integration/test_,access.py ensemble_page.py page.py path_prefix.py)
IN_FRONT := tests/integration $(addprefix --ignore=,$(BUILDS) $(BESIDE) $(FAULTS) $(OF_PAGES))
INTEGRATION := $(addprefix integration-,in-front of-faults of-pages of-builds beside)

integration: setup ## the integration tests: real Redis, real Dask Gateway, real browser
	@$(MAKE) -k -j5 $(INTEGRATION)

.PHONY: $(INTEGRATION) numerics-beside
integration-in-front:
	@MAKEFLAGS= $(BIN)/pytest -m integration --durations=25 $(IN_FRONT)
integration-of-faults:
	$(call part,$(BIN)/pytest -m integration --durations=25 $(FAULTS))
integration-of-pages:
	$(call part,$(BIN)/pytest -m integration --durations=25 $(OF_PAGES))
integration-of-builds: # whenever the others wait
	$(call part,nice $(BIN)/pytest -m integration --durations=25 $(BUILDS))
integration-beside: # after those that have deadlines
	$(call part,nice -n 5 $(BIN)/pytest -m integration --durations=25 $(BESIDE))
numerics-beside: # whenever the others wait
	$(call part,nice $(BIN)/pytest -q --durations=25 --timeout=1800 tests/numerics)

chaos: setup ## an hour of random faults (CHAOS_MINUTES=60, CHAOS_SEED=... as a failure printed it)
	@CHAOS_MINUTES=$(or $(CHAOS_MINUTES),60) CHAOS_SEED=$(CHAOS_SEED) $(BIN)/pytest -m integration \
		tests/integration/faults/test_campaign.py tests/integration/test_ensemble_runs.py \
		-k "as_long_as or bounded_memory"

bench: setup ## print each promise about speed beside what is measured here
	@$(BIN)/python -m benchmarks

load: setup ## the web under load, beside a bare Flask under the same gunicorn: some five minutes
	@scripts/prepare-machine --load
	@$(BIN)/python -m benchmarks.load

screenshots: setup ## pictures of every page, light and dark, wide and narrow, into screenshots/
	@scripts/prepare-machine
	@$(BIN)/python -m tests.screenshots

docs: setup ## build the manual, which a running Porta shows at /manual/
	@$(BIN)/python -m manual

architecture: setup ## draw the figures and tables of ARCHITECTURE.md from the code
	@$(BIN)/python scripts/draw_architecture.py

release-check: setup ## build sdist and wheel, install the wheel with each extra, run the tour from it
	@$(BIN)/python scripts/release_check.py

audit: setup ## compare every locked release with the known advisories
	@scripts/audit

format: setup ## format the code and mend what ruff can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

lock: $(UV) ## resolve requirements/*.txt again, keeping what still fits
	$(call say,locking)
	@$(COMPILE) $(UPGRADE) pyproject.toml --all-extras --group dev \
		-o requirements/dev.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/sim.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt --extra frontend \
		-o requirements/frontend.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt --extra local \
		-o requirements/local.txt
	@$(COMPILE) pyproject.toml requirements/image.in -c requirements/dev.txt --extra frontend \
		-o requirements/image.txt
	@$(COMPILE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt --extra notebook -o requirements/notebook.txt
	@$(COMPILE) --group docs -c requirements/dev.txt -o requirements/docs.txt
	@$(COMPILE) --group lock -c requirements/dev.txt -o requirements/uv.txt
	@$(COMPILE) $(UPGRADE) requirements/roc-validator.in -o requirements/roc-validator.txt

upgrade: ## resolve requirements/*.txt to the newest releases
	@$(MAKE) lock UPGRADE=--upgrade

image: ## build the images porta and porta-notebook (BASE=..., CA=..., BUILD_FLAGS=...)
	@CA="$(firstword $(CA) $(CERTIFICATES))" scripts/build-image frontend porta:$(VERSION) $(BUILD_FLAGS)
	@CA="$(firstword $(CA) $(CERTIFICATES))" scripts/build-image notebook porta-notebook:$(VERSION) \
		$(BUILD_FLAGS)

# What hands images to the nodes: their names are appended.
IMAGE_LOAD ?= $(if $(KIND),kind load docker-image --name $(KIND),minikube image load)
TAG ?= $(VERSION)

image-load: ## hand both images to minikube, to kind (KIND=its name) or as IMAGE_LOAD says (TAG=...)
	@$(IMAGE_LOAD) porta:$(TAG) porta-notebook:$(TAG)

cluster-test: setup ## deploy to a cluster, try all of it there, destroy it (CONTEXT=name; docs/deploy.md)
	@$(BIN)/python -m tests.cluster

clean: ## remove the environment, caches and builds
	@rm -rf $(VENV) node_modules screenshots build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find services tests -name __pycache__ -type d -prune -exec rm -rf {} +
