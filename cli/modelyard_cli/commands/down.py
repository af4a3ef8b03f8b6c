"""`modelyard down`: stop the platform on this machine."""

from typing import Annotated

import typer


def down(
    delete_everything: Annotated[
        bool, typer.Option("--delete-everything", help="Afterwards delete all resources, models, runs, data and logs of this platform.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
) -> None:
    """Stop the platform and everything that it runs. All state is kept, and `modelyard up` goes on from it."""
    from modelyard_local.home import home  # noqa: PLC0415  a quarter of a second

    from modelyard_cli import local_platform  # noqa: PLC0415  # a quarter of a second

    place = home()
    if delete_everything and not yes and place.folder.exists():
        typer.confirm(f"Delete everything in {place.folder}: resources, models, runs, data sets, logs? It can't be undone", abort=True)
    local_platform.stop(place)
    if delete_everything:
        local_platform.delete(place)
