"""Where MLflow and S3 are is read from mounted files, and from nowhere else."""

import os
from pathlib import Path

import pytest
from modelyard_clients.platform import ROOT_VARIABLE, PlatformIncomplete, platform_root, read_platform, read_source_keys
from modelyard_clients.s3 import client_of

CONFIG = {"MLFLOW_TRACKING_URI": "http://mlflow:5000\n", "S3_ENDPOINT_URL": "http://s3:8333", "S3_BUCKET": "modelyard"}
SECRET = {
    "MLFLOW_TRACKING_USERNAME": "pod",
    "MLFLOW_TRACKING_PASSWORD": "pass-word",
    "S3_ACCESS_KEY_ID": "key-id",
    "S3_SECRET_ACCESS_KEY": "secret-key",
}


def write(folder: Path, keys: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for key, value in keys.items():
        (folder / key).write_text(value)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "config", CONFIG)
    write(tmp_path / "secret", SECRET)
    return tmp_path


def test_both_objects_are_read_and_trimmed(root: Path) -> None:
    platform = read_platform(root)
    assert (platform.mlflow_uri, platform.mlflow_username, platform.mlflow_password) == ("http://mlflow:5000", "pod", "pass-word")
    assert (platform.s3_endpoint, platform.s3_bucket, platform.s3_region) == ("http://s3:8333", "modelyard", "us-east-1")


def test_passwords_and_keys_are_not_shown(root: Path) -> None:
    shown = repr(read_platform(root))
    assert "pass-word" not in shown
    assert "secret-key" not in shown
    assert "key-id" not in shown


@pytest.mark.parametrize(
    ("folder", "key", "kind"), [("config", "S3_BUCKET", "ConfigMap modelyard"), ("secret", "S3_ACCESS_KEY_ID", "Secret modelyard")]
)
def test_a_key_that_is_missing_is_named_with_its_object(root: Path, folder: str, key: str, kind: str) -> None:
    (root / folder / key).unlink()
    with pytest.raises(PlatformIncomplete, match=f"{kind} of this namespace has no key {key}"):
        read_platform(root)


def test_another_root_is_taken_from_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    assert platform_root() == root
    assert read_platform().s3_bucket == "modelyard"
    monkeypatch.delenv(ROOT_VARIABLE)
    assert platform_root() == Path("/etc/modelyard")


def test_mlflow_is_told_through_its_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "left over")
    for name in ("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"):
        monkeypatch.setenv(name, "true")
    (root / "secret" / "MLFLOW_TRACKING_PASSWORD").write_text("")
    read_platform(root).configure_mlflow()
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "pod"
    assert "MLFLOW_TRACKING_PASSWORD" not in os.environ
    assert os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] == "false"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def credentials(client: object) -> tuple[str, str]:
    found = client._request_signer._credentials  # type: ignore[attr-defined]
    return found.access_key, found.secret_key


def test_clients_never_take_aws_variables(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.setenv(name, "http://elsewhere")
    client = client_of(read_platform(root))
    assert credentials(client) == ("key-id", "secret-key")
    assert client.meta.endpoint_url == "http://s3:8333"
    assert client.meta.region_name == "us-east-1"
    write(root / "source", {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "own"})
    assert client_of(read_source_keys(root, read_platform(root))).meta.endpoint_url == "https://s3.amazonaws.com"


def test_the_source_has_its_own_credentials_when_they_are_mounted(root: Path) -> None:
    platform = read_platform(root)
    assert credentials(client_of(read_source_keys(root, platform))) == ("key-id", "secret-key")
    write(root / "source", {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "own", "AWS_ENDPOINT_URL": "http://lake:9000"})
    client = client_of(read_source_keys(root, platform))
    assert credentials(client) == ("mine", "own")
    assert client.meta.endpoint_url == "http://lake:9000"


def test_source_credentials_without_a_key_are_named(root: Path) -> None:
    write(root / "source", {"AWS_ACCESS_KEY_ID": "mine"})
    with pytest.raises(PlatformIncomplete, match=r"Secret of data.source.credentials .*AWS_SECRET_ACCESS_KEY"):
        client_of(read_source_keys(root, read_platform(root)))
