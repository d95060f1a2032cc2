# Thin names for the commands that people type; what each does is in the command or script itself.
.PHONY: help build test race slt rewrite fuzz lint fix generate bench-compare peer-bench check

TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tarn/bin
export PATH := $(TOOLS):$(PATH)

help: ## this list
	@sed -nE 's/^([a-z-]+): ## (.*)/\1\t\2/p' Makefile | expand -t 16

build: ## the binary, in bin/
	go build -o bin/tarn ./cmd/tarn

test: ## all tests that need nothing but Go; the others say what they miss
	go test ./...

race: ## the tests again under the race detector and the invariants' checks
	.ci/run race

slt: ## the SQL logic tests
	go test ./internal/slt/... ./cmd/...

rewrite: ## write the answers into the test files of PKG; read the difference before committing it
	go test $(PKG) -rewrite

fuzz: ## every fuzz target for SECONDS together (300), or those that match TARGET
	.ci/fuzz $(or $(SECONDS),300) $(TARGET)

lint: ## gofmt, go vet, golangci-lint
	.ci/run tools format vet lint

fix: ## what the linters can mend themselves
	golangci-lint run --fix ./...

generate: ## what go generate writes
	go generate ./...

bench-compare: ## benchmarks of PKG that match BENCH, here against REF (main), by benchstat
	.ci/bench-compare "$(or $(REF),main)" "$(or $(PKG),./exec/...)" "$(or $(BENCH),.)"

peer-bench: ## TPC-H and flights against DuckDB and Polars; ARGS as .ci/peer-bench --help tells
	.ci/peer-bench $(ARGS)

check: ## what continuous integration runs
	.ci/run
