"""The `modelyard` command."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from modelyard_cli import target
from modelyard_cli.errors import ending
from modelyard_cli.verbs import BY_NAME, EXAMPLES, VERBS, Verb

_SETTINGS = {"help_option_names": ["-h", "--help"]}


class _LazyGroup(TyperGroup):
    """Knows every verb by name and summary, and loads the one that is used."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer's, with the real command in place of its summary."""
        name, summary, rest = super().resolve_command(ctx, args)
        return name, _load(BY_NAME[name]) if summary and name else None, rest


def _load(verb: Verb) -> Any:
    module = import_module(f"modelyard_cli.commands.{verb.name}")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.command(verb.name, context_settings=_SETTINGS)(getattr(module, verb.function or verb.name))
    command = get_command(app)
    if verb.on_resources:
        command.params += target.options()
    return command


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=_LazyGroup,
        context_settings=_SETTINGS,
        epilog=EXAMPLES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help="Train, gate, promote, serve and watch models: on this machine, or on a cluster with --context.",
    )
    app.callback()(lambda: None)
    for verb in VERBS:
        app.command(verb.name, help=verb.summary, rich_help_panel=verb.panel)(lambda: None)
    return app


def main() -> None:
    """Runs the command line; every foreseen error ends in a sentence on stderr and an exit code."""
    command = get_command(_app())
    command.params += target.options(hidden=True)
    try:
        command(prog_name="modelyard")
    except Exception as error:
        end = ending(error)
        if end is None:
            raise
        print(f"error: {end.message}", file=sys.stderr)
        sys.exit(end.exit_code)


if __name__ == "__main__":
    main()
