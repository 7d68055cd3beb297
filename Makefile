# What a newcomer types. Each target first installs, or names, what the machine lacks.

.PHONY: demo test bench fuzz api-fuzz lint otel fmt

demo: ## broker, reference ENT and reference publisher on this machine
	@scripts/prepare build
	cargo run --locked --bin passerelle -- demo

test: ## everything that must pass, on SQLite and on a temporary PostgreSQL
	@scripts/prepare test
	@scripts/test

lint: ## format and lints only
	@scripts/prepare lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

otel: ## the build with OpenTelemetry: lints, and its test against a collector on loopback
	@scripts/prepare test
	cargo clippy --package passerelle --all-targets --features otel --locked -- -D warnings
	cargo test --package passerelle --features otel --locked --test it spans

fmt: ## put the sources in shape
	cargo fmt --all

bench: ## what a launch costs, on SQLite and PostgreSQL; docs/performance.md says how it is measured
	@scripts/prepare bench
	cargo bench --locked --bench launches

fuzz: ## each fuzz target for FUZZ_SECONDS (60); says what it needs and installs nothing
	@scripts/fuzz

api-fuzz: ## requests nobody thought of to every operation of the API; schemathesis comes from PyPI
	@scripts/prepare build
	@scripts/schemathesis
