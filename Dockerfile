# Two stages: the first one builds, the second one holds the program, its certificates and the rules, and nothing else.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --bin bouncer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 10001 -g 10001 -m 0750 /data
COPY --from=build /src/target/dist/bouncer /usr/local/bin/bouncer
# Mount your own folder over /rules to change them; edits are noticed while it runs.
COPY rules/ /rules/

# The listener for health and metrics stays inside the container unless you say otherwise.
ENV BOUNCER_LISTEN=0.0.0.0:8080 \
    BOUNCER_PRIVATE_LISTEN=127.0.0.1:8081 \
    BOUNCER_DATA_DIR=/data \
    BOUNCER_RULES_DIR=/rules

# Only /data is written, so the rest may be read-only (docker run --read-only).
VOLUME /data
# `bouncer.toml` is looked for here if one is mounted.
WORKDIR /
# A number, so that a cluster can see it is not root.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK CMD ["/usr/local/bin/bouncer", "health"]
ENTRYPOINT ["/usr/local/bin/bouncer"]
CMD ["run"]
