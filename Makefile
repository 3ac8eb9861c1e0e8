# Everything a newcomer runs. Each target installs what it needs into .venv; nothing is installed outside it but
# Debian packages where Python itself lacks venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint docs bench bench-memory truth round-trips tried fuzz seeds facts matrix clean
FAMILY ?=
RECIPES ?=
ONLY ?=

$(BIN)/doctor: pyproject.toml
	@$(PYTHON) -m venv .venv 2>/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends python3-venv && $(PYTHON) -m venv .venv; }
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(BIN)/doctor  ## a sick deployment and a healthy one, on a real artifact and image
	@$(BIN)/python fixtures/demo.py

test: $(BIN)/doctor  ## the whole test suite, with the engine and the registry that it needs
	@sh tests/engine.sh start
	@$(BIN)/coverage run -m pytest; status=$$?; sh tests/engine.sh stop; exit $$status
	@$(BIN)/coverage report --format=total | xargs printf 'coverage %s %%\n'

lint: $(BIN)/doctor  ## ruff and mypy, strictly
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(BIN)/doctor  ## docs/checks.md and docs/report.schema.json, from the checks
	$(BIN)/python docs/build.py

bench: $(BIN)/doctor  ## wall time, memory and what is found, beside the tools people use (ONLY=startup, large, images or peers)
	$(BIN)/python benchmarks/run.py $(ONLY)

bench-memory: $(BIN)/doctor  ## estimates of GPU memory beside PyTorch's real allocator (gigabytes; RECIPES=file for others, ONLY=word)
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(BIN)/pip install -q --disable-pip-version-check -e '.[measure]'
	@$(BIN)/python benchmarks/memory/run.py $(if $(RECIPES),--recipes $(RECIPES)) $(if $(ONLY),--only $(ONLY))

truth: $(BIN)/doctor  ## what doctor's trial says of deployments beside what really serving them shows (needs a Docker engine)
	@sh tests/engine.sh start
	@$(BIN)/python benchmarks/truth.py; status=$$?; sh tests/engine.sh stop; exit $$status

round-trips: $(BIN)/doctor  ## models of every framework saved again and loaded, in environments made for it (gigabytes)
	@$(BIN)/python benchmarks/round_trips.py

tried: $(BIN)/doctor  ## a trial of every fixture whose packages can be had (KIND=healthy, sick or seeds; hours)
	@$(BIN)/python benchmarks/tried.py --kind $(or $(KIND),healthy)

fuzz: $(BIN)/doctor  ## 100 000 mutated inputs over the readers
	$(BIN)/python benchmarks/fuzz.py

seeds: $(BIN)/doctor  ## run the seeds' code examples again with the real libraries and record what happens
	$(BIN)/python fixtures/seeds/run.py

facts: $(BIN)/doctor  ## measure again which version reads what (FAMILY=xgboost for one of them; COMPARE=1 writes nothing)
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(BIN)/pip install -q --disable-pip-version-check -e '.[measure]'
	$(BIN)/python -m measurements facts $(FAMILY) $(if $(COMPARE),--compare)

matrix: $(BIN)/doctor  ## ask doctor about every pair that was measured
	$(BIN)/python -m measurements matrix $(FAMILY)

clean:
	rm -rf .venv measurements/.work benchmarks/.cache fixtures/.cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
