# Two commands: `make run` and `make test`. Both set up what is missing.
PYTHON := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

.PHONY: run chat train widget test soak bench lint requirements clean

# The widget's tools are fetched by npm; Node.js comes with .venv, so that everybody has the same one.
WIDGET := bot/widget
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix $(WIDGET)

run: .venv/ready widget
	@$(PYTHON) -m bot serve

chat: .venv/ready
	@$(PYTHON) -m bot chat

train: .venv/ready
	@$(PYTHON) -m bot train

widget: $(WIDGET)/node_modules/.ready
	@$(NPM) run --silent build

test: lint train widget
	$(PYTHON) -m pytest

# The tests of faults in full; `make test` has a short form of each.
soak: train widget
	KLANTKOMPAS_SOAK=1 $(PYTHON) -m pytest tests/faults tests/scale_out

# Ours beside a stock Rasa; writes docs/benchmarks.md.
bench: train widget
	$(PYTHON) -m bench

lint: .venv/ready $(WIDGET)/node_modules/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	@$(NPM) run --silent check

# uv brings Python 3.10 if the machine has none.
.venv/ready: requirements.txt .python-version | $(UV)
	@echo "Setting up .venv (first time: about 3 GB, some minutes) ..."
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip install --quiet --require-hashes --python $(PYTHON) --requirement requirements.txt
	@touch $@

$(WIDGET)/node_modules/.ready: $(WIDGET)/package-lock.json $(WIDGET)/.npmrc | .venv/ready
	@echo "Fetching the widget's tools ..."
	@$(NPM) ci --silent
	@touch $@

# Any Python 3 can fetch uv. A .python-version may hide the system's Python from pyenv's users, hence the second try.
.uv/bin/uv:
	@echo "Fetching uv into .uv ..."
	@python3 -m venv .uv 2>/dev/null || PYENV_VERSION=system python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

requirements: | $(UV)
	$(UV) pip compile --quiet --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make requirements" --extra dev --output-file requirements.txt pyproject.toml

clean:
	rm -rf .venv .uv models $(WIDGET)/node_modules $(WIDGET)/dist .rasa .pytest_cache .mypy_cache .ruff_cache
