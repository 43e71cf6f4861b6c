# Needs make and Python 3.11 or newer; everything else is installed into .venv from the locks.
# Another Python:  make PYTHON=python3.12 test
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--fork-strategy fewest --upgrade --custom-compile-command "make lock"

# Without compiled modules every start of a notebook takes 12 s instead of 4 s.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test slow engines look spark zh lint lab refresh demo dictionary catalogue lock clean

report: .venv/.runtime ## the demo company's quarterly report, into reports/
	$(BIN)/crm-analysis report data/demo --quarter 2026Q3

# Two workers that each ask for every processor would wait for each other.
test slow: export OPENBLAS_NUM_THREADS := 1
test slow: export OMP_NUM_THREADS := 1
test: .venv/.dev ## tests, and every table the notebooks show
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not postgres and not spark and not slow" --nbval-lax \
		--nbval-sanitize-with nbval.cfg tests notebooks

slow: .venv/.dev ## the tests that take long: whole packs, real books, demo companies, models of many books
	$(BIN)/pytest -n 2 --dist loadscope -m "slow and not postgres and not spark" tests

engines: .venv/.dev ## the tests against PostgreSQL and Spark; each skips, saying so, where it is not installed
	$(BIN)/pytest -m "postgres or spark" tests/book

look: .venv/.dev tests/browser/node_modules ## every page in reports/ in a real browser, the network off
	$(BIN)/python tests/browser/looked.py $(wildcard reports/*/*.html reports/zh/*/*.html)

tests/browser/node_modules: tests/browser/package-lock.json
	npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

spark: .venv/.dev ## adds Spark, for books on a cluster and their tests; it needs Java 17
	$(INSTALL) --require-hashes --build-constraints requirements/spark.txt -r requirements/spark.txt

zh: .venv/.runtime ## adds a font, for figures in Chinese
	$(INSTALL) --require-hashes --build-constraints requirements/zh.txt -r requirements/zh.txt

lint: .venv/.dev ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy crm_analysis

lab: .venv/.dev ## the notebooks in a browser
	$(BIN)/jupyter lab notebooks

refresh: .venv/.dev ## run the notebooks anew and keep the outputs that tests compare
	$(BIN)/jupyter nbconvert --log-level WARN --to notebook --execute --inplace notebooks/*.ipynb
	$(BIN)/nbstripout --keep-count --keep-id --extra-keys metadata.language_info.version notebooks/*.ipynb

demo: .venv/.runtime ## the synthetic company, into data/demo
	$(BIN)/crm-analysis demo data/demo

dictionary: .venv/.runtime ## the data dictionary, from the contract, and the lists of rules
	$(BIN)/python -m crm_analysis.book.contract.dictionary > data/README.md
	$(BIN)/python -m crm_analysis.book.rules > docs/rules.md
	$(BIN)/python -m crm_analysis.plan.treatment.rules > docs/plan_rules.md
	$(BIN)/python -m crm_analysis.kpi.definitions > docs/kpi_definitions.md

catalogue: .venv/.dev ## every message into the catalogues of other languages, and those compiled
	$(BIN)/python tools/catalogue.py

lock: .venv/.uv ## newest versions that pyproject.toml allows, and environment.yml
	$(COMPILE) --group uv --output-file requirements/uv.txt
	$(COMPILE) --group build pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) --group build --extra dev --constraint requirements/runtime.txt pyproject.toml \
		--output-file requirements/dev.txt
	$(COMPILE) --group build --extra spark --constraint requirements/runtime.txt pyproject.toml \
		--output-file requirements/spark.txt
	$(COMPILE) --group build --extra zh --constraint requirements/runtime.txt pyproject.toml \
		--output-file requirements/zh.txt
	$(BIN)/python tools/environment.py > environment.yml

clean: ## everything that can be made again, but for the reports
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv is made anew when its Python has gone, was replaced by another or is too old, and when a
# PYTHON is asked for that it does not hold.
have := $(shell $(BIN)/python -c 'import os, sys, sysconfig; v = sys.version_info; \
	v >= (3, 11) and os.path.isdir(sysconfig.get_path("purelib")) and print("%d.%d" % v[:2])' 2>/dev/null)
want := $(if $(filter file,$(origin PYTHON)),$(or $(have),any),$(shell $(PYTHON) -c \
	'import sys; print("%d.%d" % sys.version_info[:2])'))
ifneq ($(have),$(want))
.PHONY: .venv/.uv
endif

.venv/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "crm_analysis needs Python 3.11 \
	or newer, but $(PYTHON) is Python %d.%d. Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" % v[:2])'
	$(PYTHON) -m venv $(if $(filter $(have),$(want)),,--clear) .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.runtime: .venv/.uv requirements/runtime.txt pyproject.toml
	$(INSTALL) --require-hashes --build-constraints requirements/runtime.txt -r requirements/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	$(INSTALL) --require-hashes --build-constraints requirements/dev.txt -r requirements/dev.txt
	@touch $@
