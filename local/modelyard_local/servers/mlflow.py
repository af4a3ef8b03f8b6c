"""The MLflow tracking server: SQLite in the home, artifacts through its proxy into S3, no log-in (one person, one machine)."""

import sys

from modelyard_local import preparation
from modelyard_local.home import Home
from modelyard_local.keys import Keys
from modelyard_local.servers.seaweedfs import MLFLOW_BUCKET, REGION
from modelyard_local.servers.supervision import Server, clean_environment, responds_at

NAME = "mlflow"


def server(home: Home, keys: Keys, port: int, s3_url: str) -> Server:
    """Ready when it responds; it starts without S3 and needs it for artifacts only."""
    data = home.data(NAME)
    url = f"http://{preparation.LOOPBACK}:{port}"
    return Server(
        name=NAME,
        title="MLflow",
        command=_command(port, f"sqlite:///{data / 'mlflow.db'}"),
        environment=clean_environment(
            data,
            MLFLOW_DISABLE_TELEMETRY="true",
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",  # a dozen processes of 260 MB for GenAI scorers
            MLFLOW_S3_ENDPOINT_URL=s3_url,
            AWS_ACCESS_KEY_ID=keys.s3_access_key,
            AWS_SECRET_ACCESS_KEY=keys.s3_secret_key,
            AWS_DEFAULT_REGION=REGION,
            AWS_EC2_METADATA_DISABLED="true",
            OMP_NUM_THREADS="1",
            PYTHONUNBUFFERED="1",
        ),
        folder=data,
        log=home.logs / "mlflow.log",
        is_ready=lambda: responds_at(f"{url}/health"),
        usually_seconds=8,
        grace_seconds=5,
    )


def _command(port: int, database: str) -> list[str]:
    hosts = [f"{name}:{port}" for name in (preparation.LOOPBACK, "localhost")]
    return [
        *(sys.executable, "-m", "mlflow", "server", "--host", preparation.LOOPBACK, "--port", str(port), "--workers", "1"),
        "--uvicorn-opts=--no-access-log",  # probes come every few seconds
        *("--backend-store-uri", database, "--artifacts-destination", f"s3://{MLFLOW_BUCKET}/artifacts"),
        # pages of other sites, and of other programs on this machine, can't use it from a browser
        *("--allowed-hosts", ",".join(hosts), "--cors-allowed-origins", ",".join(f"http://{host}" for host in hosts)),
    ]
