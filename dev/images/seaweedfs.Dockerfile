# SeaweedFS, the S3 server of the development cluster.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE}
COPY requirements/seaweedfs.txt /requirements/seaweedfs.txt
RUN python3 -m venv /tmp/uv && /tmp/uv/bin/pip install --quiet --no-cache-dir uv==0.13.9 && \
    python3 -m venv --without-pip /opt/seaweedfs && \
    /tmp/uv/bin/uv pip sync --python /opt/seaweedfs --require-hashes --compile-bytecode /requirements/seaweedfs.txt && \
    rm -rf /tmp/uv /root/.cache
ENV PATH=/opt/seaweedfs/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["weed"]
