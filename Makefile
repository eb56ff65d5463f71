# Everything that can be done with this repository; `make help` lists it.
# Needs git, make and Python ≥ 3.11. Name another Python with `make PYTHON=python3.12 book`.

# the first Python on the path that is neither too old nor too new for TensorFlow
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(FITS)' 2> /dev/null && echo $$p && break; done),python3)
PORT ?= 8000
FILES ?=
VENV := .venv/bin
PY := $(VENV)/python
SITE := _build/html
PYTEST := $(PY) -m pytest
# Two workers share the cores. If each took all, they would mostly wait for one another.
THREADS := $(shell cores=$$(getconf _NPROCESSORS_ONLN || echo 2); echo $$((cores > 3 ? cores / 2 : 1)))
SHARING := TF_NUM_INTRAOP_THREADS=$(THREADS) TF_NUM_INTEROP_THREADS=$(THREADS) OPENBLAS_NUM_THREADS=$(THREADS)
# dalle_tutorial.backend asks glibc to keep freed memory, but a kernel has threads, with pools of their own, before that.
MEMORY := MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=2147483647 MALLOC_TOP_PAD_=268435456
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=600 -p no:cacheprovider \
	-n 2 --dist loadscope --no-loadscope-reorder --timeout 1200
# The later notebooks take longest. A long one that came last would run beside an idle core.
LAST_FIRST = $(shell ls -r chapters/*.ipynb)
# Where a home directory is new, Matplotlib announces on stderr that it looks for fonts; better here than in a notebook.
FONTS := $(PY) -c "import matplotlib.font_manager" 2> /dev/null
READY := .venv/.ready
VENDOR := _assets/vendor/.ready
MODELS := _assets/vendor/models/index.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup book serve lab test lint unit-test notebook-test site-test coverage notebooks first-cells models weights \
	benchmarks lock colab-test newest-test clean distclean

help:  ## list the targets
	@awk -F ':.*##' '/^[a-z-]+:.*##/ { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.txt pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py
	@touch $@

$(VENDOR): package.json package-lock.json scripts/vendor.py | $(READY)
	@$(PY) -m scripts.vendor
	@touch $@

$(MODELS): $(wildcard dalle_tutorial/weights/*-shapes.json dalle_tutorial/export/*.py dalle_tutorial/models/*.py) \
		dalle_tutorial/layers.py dalle_tutorial/rounding.py scripts/export_models.py _config.yml | $(READY)
	@$(PY) -m scripts.export_models
	@touch $@

setup: $(READY) $(VENDOR)  ## make .venv and fetch the front-end parts (the other targets do it when needed)

# A strict build that failed must report its warnings again the next time, so what Sphinx remembers goes.
book: setup $(MODELS) first-cells  ## build the site from the committed outputs; nothing is executed
	@start=$$(date +%s); \
	$(VENV)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }; \
	echo "$(CURDIR)/$(SITE)/index.html: built in $$(($$(date +%s) - start)) s; \`make serve\` shows it"

serve: book  ## show the site on this machine: http://localhost:8000 (PORT=8000)
	@echo "http://localhost:$(PORT) (stop with Ctrl-C)"
	@$(PY) -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

lab: setup  ## open the notebooks in JupyterLab
	$(VENV)/jupyter lab --notebook-dir chapters

test: lint unit-test notebook-test site-test  ## everything below that ends in -test, and the linter

lint: $(READY)  ## ruff over code and notebooks
	$(VENV)/ruff check .

unit-test: setup $(MODELS)  ## tests of the package, of the tools and of the notebooks' form
	$(SHARING) $(PYTEST) -n 2 --dist loadfile --ignore tests/site tests

notebook-test: $(READY)  ## run every notebook and compare every output with the committed one (FILES=...)
	@$(FONTS)
	$(MEMORY) $(SHARING) $(PYTEST) $(NBVAL) $(or $(FILES),$(LAST_FIRST))

site-test: book  ## tests of the built site; those that need a browser are skipped where none is found
	$(PYTEST) -rs -n 2 --dist loadscope tests/site

coverage: setup  ## which lines of the package the unit tests reach
	$(VENV)/coverage run -m pytest -q --ignore tests/site tests
	$(VENV)/coverage report

notebooks: $(READY)  ## execute the notebooks and save them with their outputs (FILES=...)
	@$(FONTS)
	$(PY) -m scripts.notebooks execute $(FILES)

first-cells: $(READY)  ## write every notebook's first cell from the address in _config.yml
	@$(PY) -m scripts.notebooks first-cell

models: $(MODELS)  ## write the models that the pages draw with, as ONNX (`book` does it when needed)

weights: $(READY)  ## train again everything that is shipped in dalle_tutorial/weights
	$(PY) -m scripts.train_all

benchmarks: $(READY)  ## print the tables behind the book's figures
	@for script in benchmarks/*.py; do echo "== $$script"; $(PY) $$script || exit 1; done

lock: $(READY)  ## resolve pyproject.toml anew into requirements.txt
	$(PY) -m scripts.lock --upgrade

colab-test: $(READY)  ## run every notebook as Google Colab would, with the versions that it brings
	$(PY) -m scripts.colab $(FILES)

newest-test:  ## run every notebook with the newest release of everything, in .venv-newest
	$(PYTHON) scripts/bootstrap.py --newest
	$(MEMORY) $(SHARING) .venv-newest/bin/python -m pytest $(NBVAL) $(or $(FILES),$(LAST_FIRST))

clean:  ## remove the built site
	rm -rf _build

distclean: clean  ## remove everything that git does not track here
	rm -rf .venv .venv-newest .venv-colab node_modules _assets/vendor
