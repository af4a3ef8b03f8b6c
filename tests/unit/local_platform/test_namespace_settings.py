"""ConfigMap and Secret ``modelyard`` of a namespace: whose values stay, whose follow the platform."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from modelyard_api import labels
from modelyard_local import namespace_settings
from modelyard_local.home import Addresses
from modelyard_local.keys import Keys
from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_local.namespace_settings import Settings
from modelyard_local.store import LocalStore

KEYS = Keys(s3_access_key="key", s3_secret_key="secret")


def settings(mlflow: str = "http://127.0.0.1:5000") -> Settings:
    addresses = Addresses(mlflow_url=mlflow, s3_url="http://127.0.0.1:8333", gateway_url="http://127.0.0.1:8080")
    return namespace_settings.settings_of(addresses, KEYS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


def config(store: LocalStore) -> dict[str, Any]:
    return store.get(CONFIG_MAP, "team", "modelyard")


def test_both_are_made_with_everything_that_pods_need(store: LocalStore) -> None:
    namespace_settings.ensure(store, "team", settings())
    assert config(store)["data"] == {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
        "S3_ENDPOINT_URL": "http://127.0.0.1:8333",
        "S3_BUCKET": "modelyard",
        "S3_REGION": "us-east-1",
    }
    secret = store.get(SECRET, "team", "modelyard")
    assert base64.b64decode(secret["data"][labels.SECRET_S3_SECRET_KEY]) == b"secret"
    assert labels.SECRET_MLFLOW_USERNAME not in secret["data"]


def test_nothing_is_written_when_nothing_changed(store: LocalStore) -> None:
    namespace_settings.ensure(store, "team", settings())
    before = config(store)["metadata"]["resourceVersion"]
    namespace_settings.ensure(store, "team", settings())
    assert config(store)["metadata"]["resourceVersion"] == before


def test_a_new_address_is_followed(store: LocalStore) -> None:
    namespace_settings.ensure(store, "team", settings())
    namespace_settings.ensure(store, "team", settings("http://127.0.0.1:5001"))
    assert config(store)["data"]["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5001"
    namespace_settings.ensure(store, "team", settings("http://127.0.0.1:5002"))
    assert config(store)["data"]["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5002"


def test_what_a_person_changed_stays_and_the_rest_follows(store: LocalStore) -> None:
    namespace_settings.ensure(store, "team", settings())
    changed = config(store)
    changed["data"] |= {"S3_BUCKET": "mine", "EXTRA": "1"}
    store.update(CONFIG_MAP, changed)
    namespace_settings.ensure(store, "team", settings("http://127.0.0.1:5001"))
    data = config(store)["data"]
    assert (data["S3_BUCKET"], data["EXTRA"], data["MLFLOW_TRACKING_URI"]) == ("mine", "1", "http://127.0.0.1:5001")
    namespace_settings.ensure(store, "team", settings("http://127.0.0.1:5002"))
    assert config(store)["data"]["S3_BUCKET"] == "mine"


def test_a_key_that_was_removed_comes_back(store: LocalStore) -> None:
    namespace_settings.ensure(store, "team", settings())
    changed = config(store)
    del changed["data"]["S3_REGION"]
    store.update(CONFIG_MAP, changed)
    namespace_settings.ensure(store, "team", settings())
    assert config(store)["data"]["S3_REGION"] == "us-east-1"


def test_an_object_of_somebody_else_is_left_alone(store: LocalStore) -> None:
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "modelyard", "namespace": "team"}, "data": {"S3_BUCKET": "b"}}
    store.create(theirs)
    namespace_settings.ensure(store, "team", settings())
    assert config(store)["data"] == {"S3_BUCKET": "b"}


def test_an_annotation_that_is_no_json_counts_as_nothing_written() -> None:
    metadata = {"labels": {"app.kubernetes.io/managed-by": "modelyard"}, "annotations": {"modelyard.io/written": "?"}}
    found = {"metadata": metadata, "data": {"A": "theirs"}}
    changed = namespace_settings.brought_up_to_date(found, {"A": "ours", "B": "new"})
    assert changed is not None
    assert changed["data"] == {"A": "theirs", "B": "new"}
