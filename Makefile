# Two commands: `make book` and `make test`; `make pdf` and `make browser` print and test a book.  Each makes .venv from requirements.lock when there is none
# or the lock has changed.  Another Python than the default: `make book PYTHON=python3.12`.

IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c '$(IN_RANGE)' >/dev/null 2>&1 && { echo $$p; break; }; done)
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
PROFILE ?= default

# what `make beyond` takes past the ranges of pyproject.toml: all that computes; the book's tools have no newer form
BEYOND := jax jaxlib flax optax numpy scipy numba pot matplotlib plotly scikit-image

BIN := .venv/bin
# the name of the stamp is the content of what the environment is made from: a touched file rebuilds nothing,
# an interrupted installation leaves no stamp
STAMP := .venv/made-from-$(shell cat requirements.lock pyproject.toml | cksum | tr ' ' '-')
PIP := PIP_REQUIRE_VIRTUALENV=1 $(BIN)/python -m pip --disable-pip-version-check

.PHONY: book pdf test browser check lint env newest beyond lock clean
.DEFAULT_GOAL := book

book: $(STAMP)
	$(BIN)/widesym book --profile $(PROFILE) --cores $(CORES)

# the book's numbers against those in records/; FIGURES=FOLDER, an older build, also shows the figures that changed
check: $(STAMP)
	$(BIN)/widesym check --profile $(PROFILE) --cores $(CORES) $(if $(FIGURES),--figures $(FIGURES))

pdf: $(STAMP)
	$(BIN)/widesym pdf --profile $(PROFILE) --cores $(CORES)

test: lint
	$(BIN)/python -m pytest -n auto

# the built book of a profile, in a browser
browser: $(STAMP)
	$(BIN)/python -m pytest tests/browser --profile $(PROFILE) -n auto

lint: $(STAMP)
	$(BIN)/ruff check .

env: $(STAMP)

$(STAMP):
	@command -v "$(PYTHON)" >/dev/null && "$(PYTHON)" -c '$(IN_RANGE)' || { \
	  echo "widesym needs Python 3.11 or 3.12, got '$(PYTHON)': name one, as in: make PYTHON=python3.12" >&2; exit 2; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	@# packages are dealt to as many pips as cores, as one unpacks them one by one; then compiled on all cores, which
	@# pip does on one (some bring files that are no Python of today)
	awk -v n=$(CORES) '/^[A-Za-z0-9]/ {k = (k + 1) % n} /^[^#]/ {print > (".venv/lock-" k ".txt")}' requirements.lock
	ls .venv/lock-*.txt | xargs -P $(CORES) -n 1 env $(PIP) install -qq --no-deps --no-compile --require-hashes -r
	$(BIN)/python -m compileall -qq -j 0 .venv/lib || true
	$(PIP) install -qq --no-deps -e .
	@touch $@

# Other releases in the place of the lock's, for the targets above; `rm -rf .venv` takes them away again. The
# placeholders stand for TensorFlow, as in environment.yml.
newest beyond:
	rm -rf .venv && $(PYTHON) -m venv .venv
	$(PIP) install -qq --upgrade pip
	$(PIP) install -qq --upgrade --upgrade-strategy eager --group dev -e . $(addprefix ./tools/placeholders/,tensorflow tf2jax)
	$(if $(filter beyond,$@),$(PIP) install -qq --upgrade $(BEYOND))
	@touch $(STAMP)

# Pins anew; uv lives in a throw-away environment and its own lock, which records addresses, is not kept.
lock:
	rm -rf build/uv && $(PYTHON) -m venv build/uv && build/uv/bin/python -m pip install --quiet uv
	build/uv/bin/uv lock --upgrade
	build/uv/bin/uv export -q --all-groups --no-emit-project -o requirements.lock
	rm -f uv.lock
	$(PYTHON) tools/environment.py

clean:
	rm -rf build
