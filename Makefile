# The two commands a newcomer needs are `make demo` and `make test`.

.PHONY: demo try console clients test firefox lint openapi released screenshots run outbox bench bench-lake chaos chaos-power proof hostile hostile-short corpora chart licences image sbom image-test

demo: ## The whole main job against the offline Campaign Monitor
	cargo run --quiet -- demo

try: console ## The console over sample data, with the offline Campaign Monitor, at one address
	cargo run --quiet -- try

console: ## The pages of the console, which the next build has in the program; with Node.js 20.19 or newer
	cd console && npm ci --no-audit --no-fund --ignore-scripts && npm run build

clients: ## The packages for TypeScript and Python (clients/README.md), from openapi/openapi.json
	cd clients/typescript && npm ci --no-audit --no-fund --ignore-scripts && npm run build && npm pack --silent
	clients/python/build

test: ## Every test; what meets the database or the queue on both engines
	cargo test
	tests/with-services cargo test --test it -- --skip outside
	cargo test --test engines
	cargo test --test chart

firefox: ## Every way of people through the console, in Firefox too; takes minutes
	cargo test --test it -- --include-ignored firefox

outbox: ## Messages about alerts, whose sender is killed again and again, and at every step; takes minutes
	cargo test --test it -- --ignored --nocapture --test-threads 1 alerts::outbox

bench: ## Speed and memory, beside limits measured in the same run; PARTS are export, calls, first, fleet, units, overload, values, row-log, sync, people
	tests/with-services true
	cargo bench --bench export -- $(PARTS)

bench-lake: ## The same from Azurite, PostgreSQL and compressed files
	tests/with-services true
	cargo bench --bench lake

chaos: ## Processes killed, engines crashed, Campaign Monitor failing: nothing may be lost
	tests/with-services true
	cargo test --test chaos -- --seed $(or $(SEED),1) --events $(or $(EVENTS),100) --profiles $(or $(PROFILES),200000) $(if $(ALONE),--alone)

chaos-power: ## What the chaos program is there to find, it finds: it runs against broken copies of the service
	tests/with-services true
	tests/chaos/power

proof: ## The protocol of runs: every state within bounds, what is broken on purpose, simulated worlds; SECONDS, SEED, or REPLAY=SEED
	cargo run --quiet --locked --manifest-path tests/proof/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)/proof -- \
		--seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) $(if $(REPLAY),--replay $(REPLAY)) $(if $(PART),--part $(PART))

hostile: ## Files made to fill memory, the stack, the disk or time, and MUTATED real ones, against a release build
	cargo test --release --test hostile -- --mutated $(or $(MUTATED),100000)

hostile-short: ## A few of them, against a debug build
	cargo test --test hostile -- --every $(or $(EVERY),16) --mutated $(or $(MUTATED),200) --busy 2

corpora: ## Files, addresses, numbers and texts that others collected, compared with what independent readers say
	cargo build
	tests/corpora/run $(or $(CARGO_TARGET_DIR),target)/debug/segment-export $(COLLECTIONS)

lint: ## What CI checks beside the tests; known vulnerabilities too with ADVISORIES=FOLDER (tools/deny)
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --test engines --test chart --test chaos --test hostile -- -D warnings
	cargo fmt --check --manifest-path tests/proof/Cargo.toml
	cargo clippy --locked --manifest-path tests/proof/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)/proof -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items
	tests/chaos/power --check
	tools/deny

openapi: ## Writes openapi/openapi.json, docs/ERRORS.md and docs/VALUES.md
	mkdir -p openapi
	cargo run --quiet -- openapi > openapi/openapi.json
	cargo run --quiet -- openapi --errors > docs/ERRORS.md
	cargo run --quiet -- openapi --values > docs/VALUES.md

released: ## At a release: what callers may rely on from now on
	cp openapi/openapi.json openapi/released.json

screenshots: ## Writes the pictures of docs/TOUR.md and docs/CONSOLE.md, and of a mail
	PICTURES=$(CURDIR)/docs/images cargo test --test it -- --include-ignored outside::an_administrator outside::console::an_administrator alerts::by_hand

chart: ## Writes the table of values in the chart's README
	WRITE_CHART_README=1 cargo test --test chart the_table_of_values

licences: ## Writes THIRD-PARTY.md
	tools/third-party > THIRD-PARTY.md

image: ## The container image; with docker, or ENGINE=podman or =buildah; for a release RELEASE=true BASE=NAME@sha256:…
	$(or $(ENGINE),docker) build --build-arg COMMIT=$$(git rev-parse --short HEAD) \
		$(if $(BASE),--build-arg BASE=$(BASE)) $(if $(NODE),--build-arg NODE=$(NODE)) $(if $(RELEASE),--build-arg RELEASE=$(RELEASE)) \
		--tag segment-export:$(or $(TAG),0.1.0) .

sbom: ## Writes what the image is made of, as CycloneDX, into target/sbom
	mkdir -p target/sbom
	tools/sbom target/sbom
	cd console && npm run --silent sbom > ../target/sbom/console.cdx.json

image-test: ## What docs/IMAGE.md says of the image that was built
	ENGINE="$(or $(ENGINE),docker)" OPTIONS="$(OPTIONS)" tests/image segment-export:$(or $(TAG),0.1.0)

run: ## The service in development mode
	cargo run -- serve --dev
