# Everything a person does with this project. `make` alone prints the list.

SWIFT ?= swift
ARC := .build/debug/arc

.DEFAULT_GOAL := help
.PHONY: help deps build up demo test chaos fuzz openapi lint bench format clean

help: ## Show this list
	@echo "usage: make <target>"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install the system packages that are missing (says which and why)
	@scripts/install-dependencies.sh

build: deps ## Build everything (debug)
	$(SWIFT) build

up: build ## Run PostgreSQL, Redis and all services here until Ctrl-C
	@exec $(ARC) up

demo: ## Drive the main job against the running stack; ARGS="--json"
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@exec $(ARC) demo $(ARGS)

test: ## Run all tests on servers of their own; FILTER=<suite or test>
	@scripts/test.sh $(if $(FILTER),--filter "$(FILTER)")

chaos: build ## Kill processes at random under load, then check that nothing is lost; ARGS="--seconds 60 --seed 7"
	@python3 scripts/chaos/chaos.py --binary $(ARC) $(ARGS)

fuzz: ## Fuzz both services by their OpenAPI documents; FUZZ_SERVICE=subscription FUZZ_PATH=/plans FUZZ_EXAMPLES=20
	@scripts/fuzz.sh

openapi: ## Write docs/openapi anew, from the descriptions
	@test -x $(ARC) || $(MAKE) --no-print-directory build
	@for service in tenant-management subscription orchestrator; do \
		$(ARC) openapi $$service > docs/openapi/$$service.json || exit 1; done

lint: ## Check format, dependency direction and forbidden constructs
	@scripts/lint.sh

bench: ## Measure against DESIGN section 5: a table, and Benchmarks/results/latest.json
	@Benchmarks/run.sh

format: ## Format all Swift files in place
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

clean: ## Remove what was built; data in .arc/ stays
	rm -rf .build .build-release .build-assets .build-peers .build-fuzz
