"""Which images there are, the base they stand on, and what each is made of: the hash of that is its tag.

An image whose tag the node has already is neither built nor transferred, so `ensure` costs nothing when nothing changed.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev.cluster import binaries, image_builder, image_transfer, locations
from dev.cluster.commands import ClusterError, run, say, step

USUALLY = "1 min"
_SUITE = "bookworm"
_MIRROR = "http://deb.debian.org/debian"
_PACKAGES = "python3,python3-venv,ca-certificates"
_LEFT_OUT = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_RECIPE = f"{_SUITE} {_PACKAGES} without {' '.join(_LEFT_OUT)} 1"
_PREFIX = "localhost/modelyard"
_TAGS_KEPT = 8


def base_tag() -> str:
    """Changes with the recipe; the packages themselves are those of the day it is first made."""
    return hashlib.sha256(_RECIPE.encode()).hexdigest()[:16]


def build_base(full: str) -> None:
    """Make the image `full` in the build store. Elsewhere the Dockerfiles stand on `python:3.11-slim-bookworm` and `debian:bookworm-slim`."""
    folder = locations.image_builds() / "debootstrap"
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was interrupted
    folder.mkdir(parents=True)
    log = locations.image_builds() / "debootstrap.log"
    try:
        run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, folder, _MIRROR], log=log)
        for path in _LEFT_OUT:
            _empty(folder / path)
        image_builder.commit_folder(folder, full, command="python3")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@dataclass(frozen=True)
class Image:
    """One Dockerfile; with `program`, its build context is that program's folder instead of the repository."""

    dockerfile: str
    usually: str = "20 s"
    program: str | None = None


IMAGES = {
    "operator": Image("operator/Dockerfile"),
    "monitoring": Image("jobs/monitoring.Dockerfile", "1 min"),
    "mlflow": Image("dev/images/mlflow.Dockerfile", "1 min"),
    "seaweedfs": Image("dev/images/seaweedfs.Dockerfile"),
    "jobs": Image("jobs/Dockerfile", "4 min with PyTorch's layer, else 20 s"),
    "serving": Image("serving/Dockerfile"),
}
NODE_IMAGES = {
    "pause": Image("dev/images/pause.Dockerfile", "1 s", program="pause"),
    "coredns": Image("dev/images/coredns.Dockerfile", "2 s", program="coredns"),
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
    values = {"images": {name: {"repository": repository, "tag": tag} for name, (repository, tag) in parts.items()}}
    return yaml.safe_dump(values, default_style='"')  # a bare tag like 1234e5678 would be read as a number


def reference(name: str) -> str:
    """Full name of the image for the files as they are now."""
    return f"{_PREFIX}/{name}:{_tag(name)}"


def _tag(name: str) -> str:
    if name == "base":
        return base_tag()
    image = _image(name)
    dockerfile = (locations.REPOSITORY / image.dockerfile).read_text()
    base = base_tag() if image.program is None else ""
    return content_tag(dockerfile, base, _context(image))


def content_tag(dockerfile: str, base: str, context: Path) -> str:
    """Hash of a Dockerfile's text, the base's tag and all files it copies from `context`."""
    digest = hashlib.sha256(f"{image_builder.RECIPE}\0{base}\0{dockerfile}".encode())
    for file in _copied_files(dockerfile, context):
        digest.update(f"\0{file.relative_to(context)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _copied_files(dockerfile: str, context: Path) -> list[Path]:
    """What the COPY lines take from `context`, without what Python writes while it runs (see .dockerignore)."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    found: list[Path] = []
    for source in (word for line in lines for word in line.split()[:-1]):
        path = context / source
        if not path.exists():
            raise ClusterError(f"{path} is missing, and a Dockerfile copies it")
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sorted(file for file in found if "__pycache__" not in file.parts and file.suffix != ".pyc")


def _provide(name: str, full: str) -> None:
    image = None if name == "base" else _image(name)
    with step(f"Image {name}", image.usually if image else USUALLY):
        if not image_builder.exists(full):
            if image is None:
                build_base(full)
            else:
                _build(image, full)
        image_transfer.transfer(full)


def _build(image: Image, full: str) -> None:
    arguments = {}
    if image.program is None:
        base = reference("base")
        if not image_builder.exists(base):
            build_base(base)
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
