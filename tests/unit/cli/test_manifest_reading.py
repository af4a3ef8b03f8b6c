"""Manifests from files, folders and standard input; what is wrong is said with its place."""

import io
from pathlib import Path

import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.manifests.manifest_files import read

DEPLOYMENT = """\
apiVersion: modelyard.io/v1alpha1
kind: ModelDeployment
metadata: {name: NAME}
spec: {model: {name: a, alias: b}}
"""


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_several_documents_and_empty_ones(tmp_path: Path) -> None:
    text = "---\n" + DEPLOYMENT.replace("NAME", "a") + "---\n# nothing\n---\n" + DEPLOYMENT.replace("NAME", "b")
    found = read([write(tmp_path, "two.yaml", text)], "ml")
    assert [(each.body["metadata"]["name"], each.body["metadata"]["namespace"]) for each in found] == [("a", "ml"), ("b", "ml")]
    assert found[1].source.endswith("two.yaml, document 2")


def test_a_folder_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("2.yml", "1.yaml", "notes.txt"):
        write(tmp_path, name, DEPLOYMENT.replace("NAME", f"n{name[0]}") if name[0] != "n" else "hello")
    assert [each.body["metadata"]["name"] for each in read([str(tmp_path)], "default")] == ["n1", "n2"]


def test_standard_input_is_relative_to_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(DEPLOYMENT.replace("NAME", "a")))
    assert read(["-"], "default")[0].folder == tmp_path


def test_a_list_is_unpacked(tmp_path: Path) -> None:
    indented = DEPLOYMENT.replace("NAME", "a").replace("\n", "\n  ").strip()
    assert len(read([write(tmp_path, "l.yaml", f"kind: List\napiVersion: v1\nitems:\n- {indented}\n")], "default")) == 1


def test_a_namespace_in_the_manifest_wins(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("name: NAME", "name: a, namespace: own")
    assert read([write(tmp_path, "a.yaml", text)], "ml")[0].body["metadata"]["namespace"] == "own"


def test_a_date_stays_text(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("{name: NAME}", "{name: a, annotations: {since: 2026-01-02}}")
    assert read([write(tmp_path, "a.yaml", text)], "default")[0].body["metadata"]["annotations"] == {"since": "2026-01-02"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not valid YAML.*line 1"),
        ("a: 1\na: 2\n", "key 'a' stands twice.*line 2"),
        ("just text", "is no resource"),
        ("kind: X", "needs apiVersion and kind"),
        ("kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: {name: a}", "kind Ingress can't be applied"),
        ("kind: TrainingJob\napiVersion: modelyard.io/v2\nmetadata: {name: a}", "has to be modelyard.io/v1alpha1"),
        ("kind: TrainingJob\napiVersion: modelyard.io/v1alpha1\nmetadata: {}", "metadata.name is missing"),
        ("# nothing", "no resources in"),
    ],
)
def test_what_is_no_manifest(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        read([write(tmp_path, "bad.yaml", text)], "default")


def test_missing_and_empty_places(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no file or folder"):
        read([str(tmp_path / "none.yaml")], "default")
    with pytest.raises(WrongUsage, match="no file that ends in"):
        read([str(tmp_path)], "default")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongUsage, match="not text in UTF-8"):
        read([str(tmp_path / "binary.yaml")], "default")
