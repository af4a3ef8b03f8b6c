"""A TrainingJob that names a file on this machine."""

from pathlib import Path

import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.manifests import data_files
from modelyard_cli.manifests.reading import Manifest


def manifest(folder: Path, uri: str, **source: object) -> Manifest:
    body = {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "a", "namespace": "ml"},
        "spec": {"data": {"source": {"uri": uri, **source}}},
    }
    return Manifest(body, "job.yaml", folder)


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("./x.csv", "./x.csv"),
        ("/data/x.csv", "/data/x.csv"),
        ("file:///data/my%20x.csv", "/data/my x.csv"),
        ("s3://bucket/x.csv", ""),
        ("https://example.com/x.csv", ""),
        ("", ""),
    ],
)
def test_which_addresses_are_files(tmp_path: Path, uri: str, file: str) -> None:
    assert data_files.named_file(manifest(tmp_path, uri)) == file


def test_other_kinds_name_none(tmp_path: Path) -> None:
    other = Manifest({"kind": "Secret", "spec": {"data": {"source": {"uri": "./x.csv"}}}}, "s.yaml", tmp_path)
    assert data_files.named_file(other) == ""


def test_its_place_is_made_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    one = data_files.find(manifest(tmp_path, "./x.csv"), "./x.csv")
    assert one.uri.startswith("s3://datasets/uploads/ml/")
    assert one.uri.endswith("/x.csv")
    assert data_files.with_uri(manifest(tmp_path, "./x.csv").body, one.uri)["spec"]["data"]["source"]["uri"] == one.uri
    (tmp_path / "x.csv").write_text("a,b\n1,3\n")
    assert data_files.find(manifest(tmp_path, "./x.csv"), "./x.csv").uri != one.uri


def test_a_pattern_stays_a_pattern(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"part-{number}.csv").write_text(f"a\n{number}\n")
    found = data_files.find(manifest(tmp_path, "part-*.csv"), "part-*.csv")
    assert found.uri.endswith("/part-*.csv")
    assert [key.rsplit("/", 1)[1] for _path, key in found.keyed()] == ["part-1.csv", "part-2.csv"]


def test_a_missing_file_and_credentials_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"job.yaml: spec.data.source.uri: there is no file .*none.csv"):
        data_files.find(manifest(tmp_path, "none.csv"), "none.csv")
    with pytest.raises(WrongUsage, match="no file"):
        data_files.find(manifest(tmp_path, "*.csv"), "*.csv")
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(WrongUsage, match="credentials"):
        data_files.find(manifest(tmp_path, "x.csv", credentials={"secretRef": {"name": "s"}}), "x.csv")


def test_a_cluster_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"aws s3 cp \./x.csv .* uri: s3://<bucket>/x.csv"):
        data_files.refuse_on_a_cluster(manifest(tmp_path, "./x.csv"))
    data_files.refuse_on_a_cluster(manifest(tmp_path, "s3://bucket/x.csv"))
