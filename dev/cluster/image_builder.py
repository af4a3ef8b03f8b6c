"""Builds Dockerfiles with buildah, in a store of its own beside any other on the machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from dev.cluster import locations
from dev.cluster.commands import run, succeeds

RECIPE = "1"
"""Part of every tag: raise it when the way images are built changes what is in them."""

_ENVIRONMENT = {"STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "chroot"}
_RUN_ROOT = Path("/run/modelyard-images")
_CERTIFICATES = Path("/etc/ssl/certs")


def store() -> Path:
    """Where buildah keeps images and the layers it reuses."""
    return locations.image_builds() / "store"


def storage_name(full: str) -> str:
    """The image `full` of this store, as `skopeo` names it."""
    return f"containers-storage:[overlay@{store()}+{_RUN_ROOT}]{full}"


def exists(full: str) -> bool:
    """Whether the store has the image `full`."""
    return succeeds([*_buildah(), "inspect", "--type", "image", full])


def build(dockerfile: Path, context: Path, full: str, arguments: Mapping[str, str]) -> None:
    """Build `dockerfile` as the image `full`; its output goes to a log that the error quotes."""
    name = full.rsplit("/", 1)[1].split(":", maxsplit=1)[0]
    log = locations.image_builds() / f"build-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    run(
        [*_buildah(), "bud", "--pull=never", "--layers", *given, *_volumes(), "--file", dockerfile, "--tag", full, context],
        env=_ENVIRONMENT,
        log=log,
    )


def commit_folder(folder: Path, full: str, command: str) -> None:
    """Make an image `full` of one layer that holds `folder`, running `command` by default."""
    container = run([*_buildah(), "from", "scratch"], env=_ENVIRONMENT).strip()
    try:
        mounted = run([*_buildah(), "mount", container], env=_ENVIRONMENT).strip()
        run(["cp", "--archive", f"{folder}/.", mounted])
        run([*_buildah(), "umount", container], env=_ENVIRONMENT)
        run([*_buildah(), "config", "--cmd", command, container], env=_ENVIRONMENT)
        run([*_buildah(), "commit", "--quiet", container, full], env=_ENVIRONMENT)
    finally:
        run([*_buildah(), "rm", container], env=_ENVIRONMENT)


def remove(full: str) -> None:
    """Forget the image `full`; layers others use stay."""
    succeeds([*_buildah(), "rmi", full])


def _buildah() -> list[str]:
    return ["buildah", "--root", str(store()), "--runroot", str(_RUN_ROOT), "--storage-driver", "overlay"]


def _volumes() -> list[str]:
    """Hand uv's cache and the certificates this machine trusts into the build, not into the image."""
    settings = locations.image_builds() / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    cache = Path(os.environ.get("UV_CACHE_DIR") or Path.home() / ".cache" / "uv")
    cache.mkdir(parents=True, exist_ok=True)
    (settings / "uv.toml").write_text('system-certs = true\ncache-dir = "/host/uv-cache"\nlink-mode = "copy"\n')
    (settings / "pip.conf").write_text(f"[global]\ncert = {_CERTIFICATES}/ca-certificates.crt\n")
    mounts = [f"{cache}:/host/uv-cache", f"{settings / 'uv.toml'}:/etc/uv/uv.toml:ro"]
    if (_CERTIFICATES / "ca-certificates.crt").exists():
        mounts += [f"{_CERTIFICATES}:{_CERTIFICATES}:ro", f"{settings / 'pip.conf'}:/etc/pip.conf:ro"]
    return [word for mount in mounts for word in ("--volume", mount)]
