"""What the shell completes: kinds, names of resources, contexts. An error completes nothing; a prompt must never break."""

from collections.abc import Callable, Iterable

import typer
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Kind

from modelyard_cli.connect import connect
from modelyard_cli.kind_names import all_words, kinds_called
from modelyard_cli.kube_reading import objects
from modelyard_cli.target import target


def resources(ctx: typer.Context, args: list[str], incomplete: str) -> list[str]:
    """A kind first, then names; or ``kind/name``."""
    return _quietly(lambda: _resources(ctx, args, incomplete))


def training_jobs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names."""
    return _quietly(lambda: _starting(incomplete, _names(ctx, TRAINING_JOB)))


def model_deployments(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names."""
    return _quietly(lambda: _starting(incomplete, _names(ctx, MODEL_DEPLOYMENT)))


def _resources(ctx: typer.Context, args: list[str], incomplete: str) -> list[str]:
    word, slash, _name = incomplete.partition("/")
    if slash:
        return _starting(incomplete, (f"{word}/{name}" for kind in kinds_called(word) for name in _names(ctx, kind)))
    given = [arg for arg in (ctx.params.get("resources") or args or []) if not arg.startswith("-")]
    if given and "/" not in given[0]:
        return _starting(incomplete, (name for kind in kinds_called(given[0]) for name in _names(ctx, kind)))
    return _starting(incomplete, all_words())


def _names(ctx: typer.Context, kind: Kind) -> Iterable[str]:
    connection = connect(target(ctx))
    return (obj["metadata"]["name"] for obj in objects(connection.kube, kind, connection.namespace))


def _starting(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _quietly(complete: Callable[[], list[str]]) -> list[str]:
    try:
        return complete()
    except Exception:
        return []
