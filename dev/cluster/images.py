"""Which images there are, and what each is made of: the hash of that is its tag.

An image whose tag the node has already is neither built nor transferred, so `ensure` costs nothing when nothing changed.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev.cluster import base_image, binaries, image_builder, image_transfer, locations
from dev.cluster.commands import ClusterError
from dev.cluster.progress import say, step

_PREFIX = "localhost/modelyard"
_TAGS_KEPT = 5


@dataclass(frozen=True)
class Image:
    """One Dockerfile and all files it copies (relative to the repository, or to `program`'s folder)."""

    dockerfile: str
    sources: tuple[str, ...] = ()
    program: str | None = None
    usually: str = "20 s"


_PROJECT = ("pyproject.toml", "README.md", "LICENSE")
IMAGES = {
    "operator": Image("operator/Dockerfile", (*_PROJECT, "requirements/operator.txt", "api", "operator")),
    "monitoring": Image("jobs/monitoring.Dockerfile", (*_PROJECT, "requirements/monitoring.txt", "api", "model", "jobs"), usually="1 min"),
    "mlflow": Image("dev/images/mlflow.Dockerfile", ("requirements/mlflow.txt",), usually="1 min"),
    "seaweedfs": Image("dev/images/seaweedfs.Dockerfile", ("requirements/seaweedfs.txt",)),
    "alertmanager": Image("dev/images/alertmanager.Dockerfile"),
    "jobs": Image(
        "jobs/Dockerfile",
        (*_PROJECT, "requirements/torch.txt", "requirements/jobs.txt", "api", "model", "jobs"),
        usually="4 min with PyTorch's layer, else 20 s",
    ),
    "serving": Image(
        "serving/Dockerfile",
        (*_PROJECT, "requirements/torch.txt", "requirements/serving.txt", "api", "model", "serving"),
    ),
}
NODE_IMAGES = {
    "pause": Image("dev/images/pause.Dockerfile", program="pause", usually="1 s"),
    "coredns": Image("dev/images/coredns.Dockerfile", program="coredns", usually="2 s"),
}


def ensure(names: Iterable[str]) -> dict[str, str]:
    """Build and transfer what the node lacks of the images `names`; the full reference of each."""
    wanted = {name: reference(name) for name in names}
    present = image_transfer.present()
    missing = {name: full for name, full in wanted.items() if full not in present}
    for name, full in missing.items():
        _provide(name, full)
    image_transfer.remember_use(wanted.values())
    if missing:
        image_transfer.remove_old(_TAGS_KEPT)
    return wanted


def ensure_all() -> dict[str, str]:
    """The images of the project and of its development servers, and the base image by the name `base`."""
    references = ensure(["base", *IMAGES])
    values = locations.CLONE_STATE / "images.yaml"
    values.parent.mkdir(parents=True, exist_ok=True)
    values.write_text(helm_values(references))
    say(f"Helm values with the images of this clone: {values}")
    return references


def helm_values(references: Mapping[str, str]) -> str:
    """Helm values that name each image by repository and tag."""
    parts = {name: full.rsplit(":", 1) for name, full in sorted(references.items())}
    return yaml.safe_dump({"images": {name: {"repository": repository, "tag": tag} for name, (repository, tag) in parts.items()}})


def reference(name: str) -> str:
    """Full name of the image for the files as they are now."""
    return f"{_PREFIX}/{name}:{_tag(name)}"


def _tag(name: str) -> str:
    if name == "base":
        return base_image.tag()
    image = _image(name)
    dockerfile = locations.REPOSITORY / image.dockerfile
    digest = hashlib.sha256(dockerfile.read_bytes() + image_builder.RECIPE.encode())
    if "${BASE}" in dockerfile.read_text():
        digest.update(base_image.tag().encode())
    for file in source_files(_context(image), _sources(image)):
        digest.update(str(file.relative_to(_context(image))).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def source_files(context: Path, sources: Iterable[str]) -> list[Path]:
    """The files below `sources`, without what Python writes while it runs."""
    found: list[Path] = []
    for source in sources:
        path = context / source
        if not path.exists():
            raise ClusterError(f"{path} is missing, an image is made of it")
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sorted(file for file in found if "__pycache__" not in file.parts and file.suffix != ".pyc")


def copied_paths(dockerfile: str) -> set[str]:
    """What a Dockerfile's text copies from its build context."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    return {source.strip("/") for line in lines for source in line.split()[:-1]}


def _provide(name: str, full: str) -> None:
    image = None if name == "base" else _image(name)
    with step(f"Image {name}", image.usually if image else base_image.USUALLY):
        if not image_builder.exists(full):
            if image is None:
                base_image.build(full)
            else:
                _build(image, full)
        image_transfer.transfer(full)


def _build(image: Image, full: str) -> None:
    arguments = {}
    if image.program is None:
        base = reference("base")
        if not image_builder.exists(base):
            base_image.build(base)
        arguments["BASE"] = base
    image_builder.build(locations.REPOSITORY / image.dockerfile, _context(image), full, arguments)


def _image(name: str) -> Image:
    known = {**IMAGES, **NODE_IMAGES}
    if name not in known:
        raise ClusterError(f"no image is called {name!r}; there are base, {', '.join(sorted(known))}")
    return known[name]


def _context(image: Image) -> Path:
    if image.program is None:
        return locations.REPOSITORY
    return binaries.ensure([image.program])[image.program].parent


def _sources(image: Image) -> tuple[str, ...]:
    return (image.program,) if image.program else image.sources
