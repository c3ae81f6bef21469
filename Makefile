# Common tasks. `make` without a target lists them.

SWIFT ?= swift
ARC := .build/debug/arc

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps build up dev demo test test-repeat acceptance compose-test chaos renewals load scale-test scale-data backup-test failover-test fuzz fuzz-parsers fuzz-billing clients openapi asyncapi configuration lint bench format clean

help: ## Show this list
	@echo "usage: make <target>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install missing system packages, with the reason for each
	@scripts/install-dependencies.sh

build: deps ## Build everything (debug)
	$(SWIFT) build

up: build ## Run PostgreSQL, Redis and all services on this machine until Ctrl-C
	@exec $(ARC) up

dev: deps ## Like up, with a debug log; rebuild and restart whenever a source changes
	@exec python3 scripts/dev.py --build "$(SWIFT) build"

demo: ## Run an end-to-end scenario against the running stack; ARGS="--json"
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@exec $(ARC) demo $(ARGS)

test: ## Run all tests against private PostgreSQL and Redis instances; FILTER=<suite or test>
	@scripts/test.sh $(if $(FILTER),--filter "$(FILTER)")

test-repeat: ## Run tests N times (default 20), until a run fails; N=20 FILTER=<suite or test>
	@scripts/test.sh --repeat $(or $(N),20) $(if $(FILTER),--filter "$(FILTER)")

acceptance: lint test clients chaos renewals backup-test failover-test scale-test compose-test fuzz ## Run everything that a release must pass; needs root, Java and PyPI; the tests alone take half an hour

compose-test: build ## Run deploy/docker-compose.yml on a separate podman (needs root), and check it against the drawing
	@scripts/install-dependencies.sh --compose
	@/usr/bin/python3 scripts/compose/compose_test.py $(ARGS)

chaos: build ## Kill processes at random, then check that nothing is lost, doubled or stuck; ARGS="--tenants 1000 --kills 50 --seed 7"
	@for connector in postgres bullmq; do python3 scripts/chaos/chaos.py --binary $(ARC) --connector $$connector $(ARGS) || exit 1; done

renewals: deps ## Renew 100,000 subscriptions on two nodes that are killed, then check that each was billed once; ARGS="--subscriptions 2000"
	@$(SWIFT) build -c release --product arc --scratch-path .build-release
	@python3 scripts/billing/renewals.py --binary .build-release/release/arc $(ARGS)

load: build ## Publish many events on a running system and report rate and lag; ARGS="--events 10000 --seconds 60"
	@python3 scripts/load/events.py --binary $(ARC) $(ARGS)

scale-test: build ## Replace two nodes behind nginx one by one under load, without a failed request; FORMER=<arc of a former release>
	@scripts/install-dependencies.sh --nodes
	@python3 scripts/nodes/scale_test.py --binary $(ARC) $(if $(FORMER),--former $(FORMER)) $(ARGS)

scale-data: build ## Compare hot requests at 10,000 and 1,000,000 tenants; takes up to an hour; ARGS="--sizes 10000,200000"
	@python3 scripts/scale/scale.py --binary $(ARC) --output Benchmarks/results/scale.json $(ARGS)

backup-test: build ## Back a running system up, destroy its databases, and restore them to a second before a mistake
	@scripts/install-dependencies.sh --backup
	@python3 scripts/backup/backup.py --binary $(ARC) $(ARGS)

failover-test: build ## Kill and cut off database servers under load (needs root): nothing lost, nothing doubled; ARGS="--way hosts --fault network"
	-@scripts/install-dependencies.sh --ha
	@/usr/bin/python3 scripts/ha/failover.py --binary $(ARC) $(ARGS)

fuzz: ## Fuzz all services with schemathesis; FUZZ_SERVICE=subscription FUZZ_PATH=/plans FUZZ_EXAMPLES=20
	@scripts/fuzz.sh

fuzz-parsers: ## Try mutated inputs at all parsers of foreign bytes; SECONDS=10 for each, SEED=, TARGET=jwt, ENGINE=libfuzzer
	@FUZZ_SECONDS=$(or $(SECONDS),10) FUZZ_SEED=$(SEED) FUZZ_TARGET=$(TARGET) FUZZ_ENGINE=$(ENGINE) scripts/fuzz-parsers.sh

fuzz-billing: ## Try random subscriptions at the billing engine; COUNT=1000000 SEED=
	@swift build -c release --product billing-fuzzer --scratch-path .build-release
	@.build-release/release/billing-fuzzer $(or $(COUNT),1000000) $(SEED)

clients: ## Generate Python, TypeScript and Go clients, and run the main job with the Python client
	@scripts/clients.sh

openapi: ## Regenerate docs/openapi
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@for service in tenant-management subscription orchestrator; do \
		$(ARC) openapi $$service > docs/openapi/$$service.json || exit 1; done

asyncapi: ## Regenerate docs/asyncapi/asyncapi.json
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@$(ARC) asyncapi > docs/asyncapi/asyncapi.json

configuration: ## Regenerate the tables of docs/configuration.md, and .env.defaults
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@$(ARC) config document docs/configuration.md
	@$(ARC) config defaults > .env.defaults

lint: ## Check format, layering, wording and forbidden constructs
	@scripts/lint.sh

bench: ## Compare performance with peers and pgbench; writes latest.json and billing.json into Benchmarks/results
	@Benchmarks/run.sh

format: ## Format all Swift files in place
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

clean: ## Remove build products; data in .arc/ is kept
	rm -rf .build .build-release .build-assets .build-peers .build-fuzz .build-libfuzzer .build-clients
