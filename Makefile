SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help check test bench soak fuzz build tools

# Packages to test, how long all of them may take, and how many at a time.
PKGS    ?= ./...
TIMEOUT ?= 25m
P       ?= 2
# The race detector: "auto" (on where there is a C compiler), "on" or "off".
RACE    ?= auto
# For the measuring targets: BENCH=Inbound SOAK=10m FUZZTIME=1m
BENCH    ?= .
BENCHPKGS ?= ./desk ./cmd/halo
SOAK     ?= 10m
FUZZTIME ?= 20s

ifeq ($(RACE),auto)
race = $$(echo '\#include <stdlib.h>' | gcc -fsyntax-only -x c - 2>/dev/null && echo -race || true)
else ifeq ($(RACE),on)
race = -race
else
race =
endif

# Where the race detector finds the races of libraries that it is not to report.
export GORACE := suppressions=$(CURDIR)/.ci/races $(GORACE)

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: ## what is read, not run: format, vet, fixes, staticcheck, layout, documents
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi
	go vet $(PKGS)
	@fixes=$$(go fix -diff $(PKGS) || true); \
	if [ -n "$$fixes" ]; then echo "$$fixes"; echo "go fix has something to mend: go fix $(PKGS)"; exit 1; fi
	go tool staticcheck $(PKGS)
	go test -count=1 .
	go test -count=1 -run 'EnvExample|Documented|Defaults' ./desk

test: tools ## all tests, with the race detector; installs what they need
	go test -run '^TestAYear' -timeout $(TIMEOUT) ./bridge </dev/null
	go test $(race) -p $(P) -timeout $(TIMEOUT) $(PKGS) </dev/null

bench: tools ## the figures of docs/performance.md, in minutes: BENCH=<pattern>
	@go test -run '^$$' -bench '$(BENCH)' -p 1 -timeout 30m $(BENCHPKGS) </dev/null | awk ' \
		/^Benchmark/ { sub(/^Benchmark/, "", $$1); sub(/-[0-9]+$$/, "", $$1); \
			for (i = 3; i < NF; i += 2) printf "%-10s %12s %s\n", $$1, $$i, $$(i + 1); next } \
		!/^(goos|goarch|pkg|PASS)/'

soak: tools ## hours of life with faults: SOAK=<duration>
	HALO_TEST_SOAK=$(SOAK) go test $(race) -run '^TestSoak' -count=1 -p 1 -timeout 0 -v $(PKGS)

fuzz: ## every fuzz target in turn: FUZZTIME=<duration each>
	@for package in $$(go list $(PKGS)); do \
		for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

build: ## static programs in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/ ./cmd/...

tools: ## install what the tests need, where that is permitted
	@.ci/tools
