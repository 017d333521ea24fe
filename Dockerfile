# The service alone: the program, its C library, the certificates of public authorities, and the licences of all of them.
# No shell and no package manager. `make image` builds it; docs/IMAGE.md says how to run it, and how to build it without
# a registry.

# A tag may name another image tomorrow, so a release names the base by its digest: NAME@sha256:….
ARG BASE=docker.io/library/rust:1.95.0-bookworm
# The console, by Node.js: files that are a part of the program.
ARG NODE=docker.io/library/node:22-bookworm-slim
FROM ${NODE} AS console
WORKDIR /build/console
COPY console/package.json console/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY openapi/openapi.json /build/openapi/
COPY console .
RUN npm run build && npm run --silent sbom > console.cdx.json

FROM ${BASE} AS build
ARG BASE
ARG RELEASE=false
RUN if [ "$RELEASE" = true ] && ! expr "$BASE" : '.*@sha256:[0-9a-f]\{64\}$' > /dev/null; then \
        echo "a release needs BASE=NAME@sha256:DIGEST (docs/IMAGE.md), and this is $BASE" >&2; \
        exit 1; \
    fi
WORKDIR /build
# What lists the parts of the image, in a layer of its own.
COPY tools/sbom tools/
RUN tools/sbom --install
# Optimised as one piece: a sixth smaller and no slower, but longer in the making.
ENV CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1

# Dependencies, in a layer of their own: it is built again only when the lock file or the manifest changes.
# Tests and benches are not here, so their sections are left out of the manifest.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(test\|bench\)\]\]$/,/^$/d' Cargo.toml \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -rf src

COPY migrations migrations
COPY build.rs build.rs
COPY --from=console /build/console/dist console/dist
COPY src src
# Shown by `--version`.
ARG COMMIT=unknown
RUN touch src/main.rs src/lib.rs \
    && SEGMENT_EXPORT_COMMIT="$COMMIT" cargo build --release --locked \
    && mkdir -p /image/usr/bin /image/etc/ssl/certs /image/data /image/tmp \
    && cp target/release/segment-export /image/usr/bin/ \
    && ldd target/release/segment-export > libraries && sed -i 's/^[^/]*//; s/ .*//; /^$/d' libraries \
    && xargs -a libraries cp --parents -L -t /image \
    && cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && cp --parents -r -t /image /usr/share/common-licenses \
    && cp --parents -t /image /usr/share/doc/libc6/copyright /usr/share/doc/libgcc-s1/copyright \
        /usr/share/doc/ca-certificates/copyright \
    && mkdir /image/usr/share/doc/rust \
    && cp "$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html" /image/usr/share/doc/rust/ \
    && mkdir /image/usr/share/doc/segment-export && tools/sbom /image/usr/share/doc/segment-export \
    && chmod 1777 /image/tmp && chmod 700 /image/data \
    && chown 65532:65532 /image/data

FROM scratch
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="segment-export" \
      org.opencontainers.image.description="Moves the members of Customer Insights segments into Campaign Monitor lists" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="$COMMIT"
COPY --from=build /image /
COPY --from=console /build/console/console.cdx.json /usr/share/doc/segment-export/
COPY LICENSE THIRD-PARTY.md /usr/share/doc/segment-export/
ENV SEGMENT_EXPORT_BIND=0.0.0.0:8080
WORKDIR /
USER 65532:65532
EXPOSE 8080
VOLUME ["/data"]
ENTRYPOINT ["/usr/bin/segment-export"]
CMD ["serve"]
