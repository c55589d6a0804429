# `make run` serves the advisor, `make test` runs all tests. Both set up what is missing.
PYTHON := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
WIDGET := bot/widget
# Node.js comes with .venv, so that everybody builds the widget with the same version.
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix $(WIDGET)
# K=expression selects tests by name: make test-fast K=guard
K := $(if $(K),-k "$(K)")

.PHONY: run chat train widget check format test-fast test soak bench requirements clean

run: .venv/ready widget
	@$(PYTHON) -m bot serve

chat: .venv/ready
	@$(PYTHON) -m bot chat

train: .venv/ready
	@$(PYTHON) -m bot train

widget: $(WIDGET)/node_modules/.ready
	@$(NPM) run --silent build

# Style, types and import rules; some seconds.
check: .venv/ready $(WIDGET)/node_modules/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/codespell
	.venv/bin/mypy
	.venv/bin/lint-imports
	@$(NPM) run --silent check

format: .venv/ready
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Unit tests: no Rasa, no model, no network.
test-fast: .venv/ready
	$(PYTHON) -m pytest tests/unit $(K)

# Everything that CI runs.
test: check train widget
	$(PYTHON) -m pytest $(K)

# The tests of faults at full length; `make test` runs a short form.
soak: train widget
	KLANTKOMPAS_SOAK=1 $(PYTHON) -m pytest tests/faults tests/scale_out

# Compares with a stock Rasa and writes docs/benchmarks.md.
bench: train widget
	$(PYTHON) -m bench

# uv installs Python 3.10 if the machine has none.
.venv/ready: requirements.txt pyproject.toml .python-version | $(UV)
	@echo "Setting up .venv (first time: about 3 GB, some minutes) ..."
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip install --quiet --require-hashes --python $(PYTHON) --requirement requirements.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(PYTHON) --editable .
	@touch $@

$(WIDGET)/node_modules/.ready: $(WIDGET)/package-lock.json $(WIDGET)/.npmrc | .venv/ready
	@echo "Fetching the widget's tools ..."
	@$(NPM) ci --silent
	@touch $@

# Any Python 3 can install uv. pyenv may hide the system's Python because of .python-version, hence the second attempt.
.uv/bin/uv:
	@echo "Fetching uv into .uv ..."
	@python3 -m venv .uv 2>/dev/null || PYENV_VERSION=system python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

requirements: | $(UV)
	$(UV) pip compile --quiet --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" --extra dev --output-file requirements.txt pyproject.toml

clean:
	rm -rf .venv .uv models $(WIDGET)/node_modules $(WIDGET)/dist .rasa .pytest_cache .mypy_cache .ruff_cache
