"""What `modelyard init` does, from options to what it tells."""

from pathlib import Path

from modelyard_cli.errors import CommandError


def started(file: Path, target: str, *, name: str | None, folder: Path, force: bool) -> str:
    """Writes both manifests, and returns what was seen. Raises CommandError."""
    try:
        from modelyard_cli.starting_point.files import write_start  # noqa: PLC0415  # takes libraries that not every installation has
        from modelyard_cli.starting_point.report import report  # noqa: PLC0415

        return report(write_start(file, target, name=name, folder=folder, force=force))
    except ModuleNotFoundError as error:
        raise CommandError(
            f"looking at a file takes the library {error.name}, which isn't installed: pip install 'modelyard[local]'"
        ) from error
