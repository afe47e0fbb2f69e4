PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is compiled is kept: the tests take 12 seconds longer to begin if each run compiles them again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-postgres check lock bench bench-large screenshots docs schemas soak fuzz crash mutants audit clean

run: .venv/.installed
	@$(BIN)/ewallet

test: .venv/.developed
	$(BIN)/pytest -n auto --dist worksteal

# The tests of the engine and of the server, with every wallet at a PostgreSQL that they start. `make test` runs some of them so.
test-postgres: .venv/.developed
	$(BIN)/pytest -n auto --dist worksteal --database postgresql \
		tests/engine tests/server tests/postgresql tests/client/test_several_servers.py tests/commands/test_killed_servers.py

check: .venv/.developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Beside its limits, in under five minutes; JSON=1 prints JSON instead of tables.
bench: .venv/.developed
	@$(BIN)/python benchmarks $(if $(JSON),--json)

# On 1,000,000 records; the wallets are kept in build/ for the next time.
bench-large: .venv/.developed
	@$(BIN)/python benchmarks/large.py $(if $(JSON),--json)

screenshots: .venv/.pictured
	$(BIN)/python screenshots/take.py

docs: .venv/.developed
	$(BIN)/ewallet instructions --markdown > docs/instructions.md.new || { rm docs/instructions.md.new; exit 1; }
	mv docs/instructions.md.new docs/instructions.md
	$(BIN)/python docs/keys_by_screen.py

# After a new migration: what new files are made of, and what `ewallet verify` expects in a file and at PostgreSQL.
schemas: .venv/.developed
	PYTHONPATH=tests/postgresql:tests/engine $(BIN)/python tests/describe_schemas.py

# Crashes, faults, damage and random requests, with one seed after another, until the time is up or a test fails.
SECONDS ?= 60
soak: .venv/.developed
	@EWALLET_SOAK_SECONDS=$(SECONDS) $(BIN)/python tests/soak.py

# As soak, with random requests and malformed frames only.
fuzz: .venv/.developed
	@EWALLET_SOAK_SECONDS=$(SECONDS) $(BIN)/python tests/soak.py fuzz

# Engines and servers that are killed at random moments, so many times each.
KILLS ?= 100
crash: .venv/.developed
	EWALLET_CRASH_KILLS=$(KILLS) EWALLET_SEED=$$(date +%s) $(BIN)/pytest -n auto --dist worksteal \
		tests/engine/test_crashes.py tests/commands/test_killed_servers.py tests/postgresql/test_killed_pair.py

# The rules of money and time, and the permission check, changed in small ways that their tests must notice.
mutants: .venv/.mutated
	$(BIN)/mutmut run
	$(BIN)/mutmut export-cicd-stats
	@$(BIN)/python tests/mutation_score.py

# Known vulnerabilities of what is pinned; it asks the Python Package Index about each, so it needs a network.
AUDITED := $(foreach lock,requirements.lock requirements-dev.lock requirements-pictures.lock requirements-mutation.lock,--requirement $(lock))
audit: .venv-audit/.installed
	.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(AUDITED)

# The pinned versions of everything, with their hashes; run by hand when a dependency changes.
lock:
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock
	uv pip compile --group pyproject.toml:pictures --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-pictures.lock
	uv pip compile --group pyproject.toml:mutation --constraint requirements-dev.lock --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-mutation.lock
	uv pip compile --group pyproject.toml:audit --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-audit.lock

clean:
	rm -rf .venv .venv-audit

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.developed: .venv/.installed requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

.venv/.mutated: .venv/.developed requirements-mutation.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-mutation.lock
	@touch $@

.venv/.pictured: .venv/.developed requirements-pictures.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-pictures.lock
	@touch $@

# By itself, because it needs other versions of what the app needs too.
.venv-audit/.installed: requirements-audit.lock
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --require-hashes --requirement requirements-audit.lock
	@touch $@
