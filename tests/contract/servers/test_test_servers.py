"""The servers that contract tests use are the real ones: they authenticate, keep what they are given and stop."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.servers.mlflow_server import running_mlflow
from tests.servers.s3_server import running_s3


def test_s3_takes_its_keys_and_no_others(tmp_path: Path) -> None:
    with running_s3(tmp_path) as server:
        client = server.client()
        client.put_object(Bucket=server.bucket, Key="a/b.txt", Body=b"hello")
        assert client.get_object(Bucket=server.bucket, Key="a/b.txt")["Body"].read() == b"hello"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{server.endpoint}/{server.bucket}/a/b.txt", timeout=5)
        pid = server.process.pid
    assert not Path(f"/proc/{pid}").exists()


def test_mlflow_asks_for_a_login_and_finds_its_data_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_mlflow(tmp_path) as server:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{server.url}/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=5)
        for name, value in server.login().items():
            monkeypatch.setenv(name, value)
        made = server.client().create_experiment("ml/flights")
    with running_mlflow(tmp_path) as server:
        found = server.client().get_experiment_by_name("ml/flights")
        assert found is not None
        assert found.experiment_id == made
