"""An image's tag changes with what goes into it, and with nothing else."""

from pathlib import Path

import pytest
import yaml

from dev.cluster import images, locations
from dev.cluster.commands import ClusterError

DOCKERFILE = "ARG BASE\nFROM ${BASE} AS code\nCOPY pins.txt /source/\nCOPY package /source/package\nFROM ${BASE}\nCOPY --from=code /a /b\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "pins.txt").write_text("numpy==2")
    (tmp_path / "package" / "inner").mkdir(parents=True)
    (tmp_path / "package" / "inner" / "code.py").write_text("a = 1")
    return tmp_path


def test_tag_changes_with_a_copied_file_the_dockerfile_and_the_base(context: Path) -> None:
    tags = {images.content_tag(DOCKERFILE, "base1", context)}
    tags.add(images.content_tag(DOCKERFILE, "base2", context))
    tags.add(images.content_tag(DOCKERFILE + "USER 1\n", "base1", context))
    (context / "package" / "inner" / "code.py").write_text("a = 2")
    tags.add(images.content_tag(DOCKERFILE, "base1", context))
    (context / "package" / "inner" / "code.py").rename(context / "package" / "code.py")
    tags.add(images.content_tag(DOCKERFILE, "base1", context))
    assert len(tags) == 5


def test_tag_ignores_other_files_and_compiled_code(context: Path) -> None:
    before = images.content_tag(DOCKERFILE, "base1", context)
    (context / "package" / "__pycache__").mkdir()
    (context / "package" / "__pycache__" / "code.cpython-311.pyc").write_bytes(b"x")
    (context / "unrelated.py").write_text("b = 1")
    assert images.content_tag(DOCKERFILE, "base1", context) == before


def test_missing_source_is_named(context: Path) -> None:
    (context / "pins.txt").unlink()
    with pytest.raises(ClusterError, match=r"pins\.txt is missing"):
        images.content_tag(DOCKERFILE, "base1", context)


@pytest.mark.parametrize(
    ("name", "left_out"), [("operator", {"jobs", "model", "serving"}), ("jobs", {"operator", "serving"}), ("serving", {"operator", "jobs"})]
)
def test_image_holds_no_other_components_code(name: str, left_out: set[str]) -> None:
    text = (locations.REPOSITORY / images.IMAGES[name].dockerfile).read_text()
    assert not [package for package in left_out if f"COPY {package} " in text]


@pytest.mark.parametrize("name", ["operator", "jobs", "monitoring", "serving"])
def test_image_holds_what_all_components_share(name: str) -> None:
    text = (locations.REPOSITORY / images.IMAGES[name].dockerfile).read_text()
    assert "COPY api " in text
    assert "COPY clients " in text


def test_images_with_pytorch_share_its_layer_word_for_word() -> None:
    stages = []
    for name in ("jobs", "serving"):
        text = (locations.REPOSITORY / images.IMAGES[name].dockerfile).read_text()
        stages.append(text[text.index("FROM ${BASE} AS torch") : text.index("FROM torch")])
    assert stages[0] == stages[1]


@pytest.mark.parametrize("name", sorted(images.IMAGES))
def test_every_image_runs_as_the_unprivileged_user(name: str) -> None:
    text = (locations.REPOSITORY / images.IMAGES[name].dockerfile).read_text()
    users = [line for line in text.splitlines() if line.startswith("USER ")]
    assert users == ["USER 65532:65532"]


def test_helm_values_split_repository_and_tag() -> None:
    values = yaml.safe_load(images.helm_values({"operator": "localhost/modelyard/operator:abc"}))
    assert values == {"images": {"operator": {"repository": "localhost/modelyard/operator", "tag": "abc"}}}
