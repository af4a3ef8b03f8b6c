"""`modelyard down`: stop the platform on this machine."""

from typing import Annotated

import typer


def down(
    delete_everything: Annotated[
        bool, typer.Option("--delete-everything", help="Afterwards delete all resources, models, runs, data and logs of this platform.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before deleting.")] = False,
) -> None:
    """Stop the platform and everything that it runs. All state is kept, and `modelyard up` goes on from it."""
    from modelyard_cli.local import bring_down  # noqa: PLC0415  a quarter of a second
    from modelyard_cli.local.home import home  # noqa: PLC0415

    place = home()
    if delete_everything and not yes and place.folder.exists():
        typer.confirm(f"Delete everything in {place.folder}: resources, models, runs, data sets, logs? It can't be undone", abort=True)
    bring_down.stop(place)
    if delete_everything:
        bring_down.delete(place)
