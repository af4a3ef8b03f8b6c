"""What `modelyard init` does, from options to what it tells."""

import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from modelyard_cli.errors import CommandError

DEBUG = "MODELYARD_DEBUG"  # any value: an error that nobody foresaw keeps its traceback


class Choices(TypedDict, total=False):
    """Options in words, as ``Options.of`` takes them; None and nothing: init proposes."""

    task: str | None
    metric: str | None
    split: str | None
    time: str | None
    group: str | None
    key: Sequence[str]


def started(file: Path, target: str, *, name: str | None, folder: Path, force: bool, **choices: Unpack[Choices]) -> str:
    """Writes both manifests, and returns what was seen. Raises CommandError for every error, or an OSError with its file."""
    try:
        from modelyard_cli.init.files import write_start  # noqa: PLC0415  # takes libraries that not every installation has
        from modelyard_cli.init.options import Options  # noqa: PLC0415  a quarter of a second
        from modelyard_cli.init.report import report  # noqa: PLC0415  a quarter of a second

        return report(write_start(file, target, name=name, folder=folder, force=force, options=Options.of(**choices)))
    except ModuleNotFoundError as error:
        raise CommandError(
            f"looking at a file takes the library {error.name}, which isn't installed: pip install 'modelyard[local]'"
        ) from error
    except (CommandError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # Polars' panics are no Exception
        if os.environ.get(DEBUG) or (isinstance(error, OSError) and error.filename):
            raise
        raise CommandError(_unforeseen(file, error)) from error


def _unforeseen(file: Path, error: BaseException) -> str:
    """Where it happened, without the error's own text: that may quote rows."""
    if isinstance(error, MemoryError):
        return f"{file.name} needs more memory to look at than this machine has: take a part of its rows"
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "modelyard" in frame.filename]
    where = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
    return (
        f"{file.name} can't be looked at: {type(error).__name__}{where}. That is a fault of Modelyard: please report this line and, if you may, the first"
        f" lines of the file; {DEBUG}=1 shows more"
    )
