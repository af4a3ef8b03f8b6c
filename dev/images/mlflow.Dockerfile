# The MLflow tracking server and model registry of the development cluster.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE}
COPY requirements/mlflow.txt /requirements/mlflow.txt
RUN python3 -m venv /tmp/uv && /tmp/uv/bin/pip install --quiet --no-cache-dir uv==0.13.9 && \
    python3 -m venv --without-pip /opt/mlflow && \
    /tmp/uv/bin/uv pip sync --python /opt/mlflow --require-hashes --compile-bytecode /requirements/mlflow.txt && \
    rm -rf /tmp/uv /root/.cache
ENV PATH=/opt/mlflow/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["mlflow", "server"]
