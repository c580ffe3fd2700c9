# `make` alone lists the commands. Every command first sets up what is missing, once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-browsers check site accuracy calibrate bench lighthouse prerender pictures clean
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
STAMPS := .venv/stamps
SOURCES := $(shell find py -name '*.py' -o -name '*.json' 2>/dev/null)
PAGE := index.html pyscript.toml $(wildcard css/*.css js/* assets/*)
PORT ?= 8000
SITE_URL ?=
# one stamp for each address, so that another address builds anew
SITE := site/.stamp-$(shell printf '%s' '$(SITE_URL)' | cksum | cut -d ' ' -f 1)
export PYTHONPATH := py:tools

# an environment whose Python has gone (an upgrade, a removed version) is made anew
ifneq ($(wildcard .venv),)
ifneq ($(shell $(PY) -c 'print(1)' 2>/dev/null),1)
$(shell rm -rf .venv)
endif
endif

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMPS)/dev $(STAMPS)/browser runtime/.stamp ## Set up everything, for offline work (the other commands do it too)

run: runtime/.stamp ## Serve the page on this machine and print its address (PORT=8000)
	@$(PY) tools/serve.py --port $(PORT)

test: $(STAMPS)/dev $(STAMPS)/browser $(SITE) ## Run every test, the browser's included (ARGS="-k name" to choose)
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(ARGS)

test-browsers: $(STAMPS)/dev $(STAMPS)/others $(SITE) ## Try the page in Firefox and WebKit (skips, and says so, what is not here)
	@$(PY) -m pytest tests/browsers $(ARGS)

check: $(STAMPS)/dev ## Lint, types and import rules: ruff, mypy --strict, import-linter
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"

site: $(SITE) ## Write to site/ what GitHub Pages publishes (SITE_URL=https://... for absolute tags)

accuracy: $(STAMPS)/dev ## Compare the engine with published measurements and print the error
	@$(PY) tools/accuracy.py $(ARGS)

calibrate: $(STAMPS)/dev ## Fit the engine's constants to the measurements and write them to the data
	@$(PY) tools/calibrate.py $(ARGS)

bench: $(STAMPS)/dev $(STAMPS)/browser $(SITE) ## Time the boot in the browser against a bare Pyodide page
	@$(PY) tools/bench.py $(ARGS)

lighthouse: $(STAMPS)/browser $(SITE) tools/lighthouse/node_modules/.stamp ## Score the built site with Lighthouse; reports in build/lighthouse/
	@PATH="$$(tools/find_node.sh):$$PATH" $(PY) tools/lighthouse_report.py $(ARGS)

prerender: $(STAMPS)/venv runtime/.stamp ## Rewrite the generated blocks of index.html: first answer, preload hints
	@$(PY) tools/prerender.py

pictures: $(STAMPS)/dev $(STAMPS)/browser $(SITE) ## Make the committed icons and the preview picture anew
	@$(PY) tools/pictures.py

clean: ## Remove everything that was made here
	rm -rf .venv node_modules runtime site build

# ---- set-up, each step once ------------------------------------------------------------------

$(STAMPS)/venv: tools/find_python.sh
	@python=$$(tools/find_python.sh) && echo "setup: .venv" && "$$python" -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml tools/constraints.txt tools/install_python.py | $(STAMPS)/venv
	@echo "setup: development packages"
	@$(PY) tools/install_python.py dev && touch $@

$(STAMPS)/node: tools/find_node.sh | $(STAMPS)/venv
	@tools/find_node.sh >/dev/null || { echo "setup: Node from PyPI" && $(PY) tools/install_python.py node; }
	@tools/find_node.sh >/dev/null && touch $@

$(STAMPS)/browser: tools/install_browser.py | $(STAMPS)/dev
	@echo "setup: Chromium" && $(PY) tools/install_browser.py && touch $@

$(STAMPS)/others: pyproject.toml tools/constraints.txt tools/install_others.py | $(STAMPS)/dev
	@echo "setup: Firefox and WebKit" && $(PY) tools/install_python.py browsers && $(PY) tools/install_others.py
	@touch $@

node_modules/.stamp: package.json package-lock.json | $(STAMPS)/node
	@echo "setup: npm packages"
	@PATH="$$(tools/find_node.sh):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# large, and for nothing but make lighthouse: hence a folder of its own
tools/lighthouse/node_modules/.stamp: tools/lighthouse/package.json tools/lighthouse/package-lock.json | $(STAMPS)/node
	@echo "setup: Lighthouse"
	@PATH="$$(tools/find_node.sh):$$PATH" npm --prefix tools/lighthouse ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

RUNTIME_TOOLS := tools/runtime.py tools/bytecode.py tools/bytecode.mjs tools/quick_start.py tools/stdlib_modules.txt tools/pack.mjs tools/steady.mjs tools/wasm.mjs tools/first_functions.mjs tools/first_functions.txt tools/call_each.mjs tools/as_wasm.mjs tools/shake.mjs tools/shaken.mjs tools/plot.mjs tools/unpack.mjs tools/buffer.mjs
runtime/.stamp: node_modules/.stamp $(RUNTIME_TOOLS)
	@echo "setup: runtime/"
	@PATH="$$(tools/find_node.sh):$$PATH" $(PY) tools/runtime.py && touch $@

$(SITE): runtime/.stamp $(SOURCES) $(PAGE) tools/build_site.py tools/app_zip.py tools/licenses.py tools/offline.py tools/metadata.py tools/published.py
	@PATH="$$(tools/find_node.sh):$$PATH" $(PY) tools/build_site.py --url "$(SITE_URL)" && touch $@
