# Builds, checks and tests Reeve. `make help` lists the targets.
#
# Needed: Go, git, make. What the tests need beyond that (Node.js, a C compiler
# for the race detector) is installed by scripts/setup-tests.sh.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Modules below this one, which ./... does not reach.
NESTED := $(patsubst %/go.mod,%,$(shell git ls-files '*/go.mod'))

# How long and how hard `make soak` works.
FUZZTIME     ?= 1m
QUESTIONS    ?= 100000000
STORE_CHECKS ?= 2000
KILL_ROUNDS  ?= 1000

# The workloads that `make bench` measures: of S, M and L.
SIZES ?= S,M

# The faults that `make faults` tries: those whose names match.
FAULTS ?=

# What drives the vendors' SDKs against the server that REEVE_BIN names: modules
# of Go, and directories of Node.js.
COMPAT := -go='-C compat/workos-go ./...' -node=compat/authress-js -node=compat/workos-node

.PHONY: build run test test-setup compat-cli check bench bench-page bench-go faults soak clean help

build: ## build bin/reeve (the default)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/reeve ./cmd/reeve

run: build ## build, and start a server that keeps its data in ./reeve-data
	./bin/reeve serve

test: build test-setup ## run every test; the last line says how many passed
	REEVE_BIN='$(CURDIR)/bin/reeve' CGO_ENABLED=1 $(GO) run ./internal/tools/testsum \
		-go='-race -timeout=20m ./...' $(COMPAT)

test-setup: ## install what the tests need and is missing
	@scripts/setup-tests.sh

compat-cli: build test-setup ## a session of the official WorkOS command line, which takes 300 MB to install
	@if [ ! -e compat/workos-cli/node_modules/.installed ]; then \
		(cd compat/workos-cli && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.installed); \
	fi
	REEVE_BIN='$(CURDIR)/bin/reeve' $(GO) run ./internal/tools/testsum -node=compat/workos-cli

check: bin/staticcheck bin/golangci-lint ## formatting, vet, staticcheck, golangci-lint
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r ls -d 2>/dev/null | xargs -r "$$($(GO) env GOROOT)/bin/gofmt" -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):" $$unformatted; exit 1; fi
	$(GO) vet ./...
	@for dir in $(NESTED); do \
		if [ -n "$$(cd $$dir && $(GO) list ./... 2>/dev/null)" ]; then echo "go vet ($$dir)"; (cd $$dir && $(GO) vet ./...); fi; \
	done
	bin/staticcheck ./...
	bin/golangci-lint run ./...

bench: build ## measure the real server over HTTP with the workloads SIZES
	$(GO) run ./internal/tools/bench -reeve bin/reeve -dir bin/bench -sizes '$(SIZES)'

bench-page: ## put what `make bench` measured last into docs/benchmarks.md
	$(GO) run ./internal/tools/bench -dir bin/bench -doc docs/benchmarks.md

bench-go: ## benchmarks of the parts: engine, store, HTTP; minutes and gigabytes
	$(GO) test -run '^$$' -bench . -benchmem -timeout=0 ./internal/engine/... ./internal/store/... ./internal/server/... ./internal/api/...

faults: ## put each fault of internal/tools/faults/faults.txt into the code: do the tests notice?
	$(GO) run ./internal/tools/faults -run '$(FAULTS)'

soak: build test-setup ## every fuzz target for FUZZTIME, many random questions, many kills
	@for pkg in $$(git grep -l --untracked '^func Fuzz' -- '*_test.go' | xargs -r -n1 dirname | sort -u); do \
		for target in $$($(GO) test -list '^Fuzz' ./$$pkg | grep '^Fuzz'); do \
			echo "$$target ($$pkg) for $(FUZZTIME)"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime '$(FUZZTIME)' ./$$pkg; \
		done; \
	done
	$(GO) test -timeout=0 -count=1 -v ./internal/engine -run Agrees -questions='$(QUESTIONS)' -seed="$$(date +%s)"
	$(GO) test -timeout=0 -count=1 ./internal/store/sqlite -rapid.checks='$(STORE_CHECKS)'
	CGO_ENABLED=1 $(GO) build -race -o bin/reeve-race ./cmd/reeve
	REEVE_BIN='$(CURDIR)/bin/reeve-race' $(GO) run ./internal/tools/testsum -go='-count=1 ./compat/...' $(COMPAT)
	REEVE_BIN='$(CURDIR)/bin/reeve' $(GO) test -timeout=0 -count=1 -v ./compat/kill -rounds='$(KILL_ROUNDS)'

bin/staticcheck: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/ honnef.co/go/tools/cmd/staticcheck

bin/golangci-lint: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

clean: ## remove what was built or installed here; leaves reeve-data alone
	rm -rf bin compat/*/node_modules examples/*/node_modules

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s%s\n", $$1, $$2}' $(MAKEFILE_LIST)
