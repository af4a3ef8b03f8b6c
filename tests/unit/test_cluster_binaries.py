"""A binary's folder is the hash of its sources; what is cached is not built again."""

from pathlib import Path

import pytest

from dev.cluster import binaries, locations
from dev.cluster.commands import ClusterError

HELLO = 'package main\n\nfunc main() { println("hello") }\n'


@pytest.fixture
def hello(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go module of one file in place of the real ones, with an empty cache."""
    monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(locations, "GO_MODULES", tmp_path / "go")
    monkeypatch.setitem(binaries.BINARIES, "hello", binaries.GoBinary("hello", ".", 0.1))
    module = tmp_path / "go" / "hello"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module example.org/hello\n\ngo 1.21\n")
    (module / "main.go").write_text(HELLO)
    return module


def test_changed_source_gets_another_folder_and_the_old_one_comes_back(hello: Path) -> None:
    first = binaries.cached_path("hello")
    (hello / "main.go").write_text(HELLO.replace("hello", "goodbye"))
    assert binaries.cached_path("hello") != first
    (hello / "main.go").write_text(HELLO)
    assert binaries.cached_path("hello") == first


def test_cached_binary_needs_no_compiler(hello: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = binaries.cached_path("hello")
    path.parent.mkdir(parents=True)
    path.write_text("built before")
    monkeypatch.setenv("PATH", "")
    assert binaries.ensure(["hello"]) == {"hello": path}


def test_missing_compiler_is_said_in_words(hello: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ClusterError, match="install Go"):
        binaries.ensure(["hello"])
    assert not binaries.cached_path("hello").exists()


def test_failed_build_quotes_the_compiler_and_leaves_nothing(hello: Path) -> None:
    (hello / "main.go").write_text("package main\n\nfunc main() { undefinedFunction() }\n")
    with pytest.raises(ClusterError, match="undefinedFunction"):
        binaries.ensure(["hello"])
    assert list(binaries.cached_path("hello").parent.iterdir()) == []


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ClusterError, match="kube-apiserver"):
        binaries.ensure(["kube-apiservre"])


def test_linker_sets_the_version_of_go_mod(hello: Path) -> None:
    (hello / "go.mod").write_text("module example.org/hello\n\nrequire (\n\tk8s.io/kubernetes v1.99.3 // indirect\n)\n")
    flags = binaries.linker_flags("hello")
    assert "version.gitVersion=v1.99.3" in flags
    assert "version.gitMinor=99" in flags
