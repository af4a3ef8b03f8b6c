"""A TrainingJob that names a file on this machine."""

import gzip
from pathlib import Path

import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.manifests import data_files
from modelyard_cli.manifests.manifest_files import Manifest


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


def checked(folder: Path, name: str, content: str | bytes, **data: object) -> None:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    asked = manifest(folder, name)
    asked.body["spec"] |= {"objective": {"target": "late"}}
    asked.body["spec"]["data"] |= data
    data_files.require_readable(asked, data_files.find(asked, name))


def test_a_file_that_can_be_trained_on_passes(tmp_path: Path) -> None:
    for content in ("a,late\n1,yes\n", "late;a\nyes;1,5\n", gzip.compress(b"a,late\n1,yes\n"), '{"a": 1, "late": true}\n'):
        checked(tmp_path, "ROWS.CSV", content, key=["a"])
    checked(tmp_path, "rows.csv", "a,late\n1,yes\n", split="no object", key="no list")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.csv", "", "job.yaml: spec.data.source.uri: rows.csv is empty"),
        ("rows.csv", "a,late\n", "has no rows"),
        ("rows.csv", "a,late\n1,yes\n2\n", "rows.csv: line 3: 1 field, the header has 2"),
        ("rows.csv", b"\xd0\xcf\x11\xe0" + bytes(100), "is an Excel workbook"),
        ("rows.csv", "a,later\n1,yes\n", "spec.objective.target names column 'late', which the data doesn't have; did you mean 'later'"),
        ("rows.xlsx", "a,late\n1,yes\n", "the name of rows.xlsx has to end in .csv"),
    ],
)
def test_what_would_end_the_training_is_said_before_an_upload(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        checked(tmp_path, name, content)


def test_columns_that_the_manifest_names_are_looked_for(tmp_path: Path) -> None:
    for data, field in (
        ({"time": "when"}, "spec.data.time"),
        ({"key": ["a", "when"]}, "spec.data.key"),
        ({"split": {"by": "Group", "column": "when"}}, "spec.data.split.column"),
    ):
        with pytest.raises(WrongUsage, match=f"{field} names column 'when'"):
            checked(tmp_path, "rows.csv", "a,late\n1,yes\n", **data)


def test_a_file_url_is_read_where_it_lies(tmp_path: Path) -> None:
    assert data_files.is_read_in_place(manifest(tmp_path, "file:///data/x.csv"))
    assert not data_files.is_read_in_place(manifest(tmp_path, "./x.csv"))
    with pytest.raises(WrongUsage, match=r"pods on a cluster can't read"):
        data_files.refuse_on_a_cluster(manifest(tmp_path, "file:///data/x.csv"))


def test_a_cluster_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"aws s3 cp \./x.csv .* uri: s3://<bucket>/x.csv"):
        data_files.refuse_on_a_cluster(manifest(tmp_path, "./x.csv"))
    data_files.refuse_on_a_cluster(manifest(tmp_path, "s3://bucket/x.csv"))
