# The two commands a newcomer needs are `make demo` and `make test`.

.PHONY: demo test lint openapi run

demo: ## The whole main job against the offline Campaign Monitor
	cargo run --quiet -- demo

test: ## Every test
	cargo test

lint: ## What CI checks beside the tests
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

openapi: ## Writes openapi/openapi.json
	mkdir -p openapi
	cargo run --quiet -- openapi > openapi/openapi.json

run: ## The service in development mode
	cargo run -- serve --dev
