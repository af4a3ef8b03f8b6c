# Debian's Prometheus Alertmanager, the receiver of drift alerts in the development cluster.
ARG BASE=debian:bookworm-slim

FROM ${BASE}
RUN apt-get update -q && \
    apt-get install -q -y --no-install-recommends prometheus-alertmanager && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
ENV HOME=/tmp
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["prometheus-alertmanager"]
