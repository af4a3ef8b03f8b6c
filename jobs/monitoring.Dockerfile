# Watches a served model for drift; without PyTorch. Build from the repository: docker build -f jobs/monitoring.Dockerfile .
ARG BASE=python:3.11-slim-bookworm

# The project's own code, installed at the path it has in the image.
FROM ${BASE} AS code
RUN python3 -m venv /build && /build/bin/pip install --quiet --no-cache-dir hatchling==1.33.0 && \
    python3 -m venv --without-pip /opt/modelyard
COPY pyproject.toml README.md LICENSE /source/
COPY api /source/api
COPY clients /source/clients
COPY model /source/model
COPY jobs /source/jobs
RUN cd /source && /build/bin/python -m hatchling build -t wheel -d /wheel && \
    /build/bin/pip --python /opt/modelyard install --quiet --no-index --no-deps --compile /wheel/*.whl

FROM ${BASE}
COPY requirements/monitoring.txt /requirements/monitoring.txt
RUN python3 -m venv /tmp/uv && /tmp/uv/bin/pip install --quiet --no-cache-dir uv==0.13.9 && \
    python3 -m venv --without-pip /opt/modelyard && \
    /tmp/uv/bin/uv pip sync --python /opt/modelyard --require-hashes --compile-bytecode /requirements/monitoring.txt && \
    rm -rf /tmp/uv /root/.cache
COPY --from=code /opt/modelyard /opt/modelyard
# The root file system is read-only in the cluster; /tmp is the one place to write.
ENV PATH=/opt/modelyard/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["modelyard-job"]
