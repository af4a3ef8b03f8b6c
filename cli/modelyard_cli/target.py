"""Which platform a command is about: the options that every verb on resources takes, before or after the verb."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

_KEY = "modelyard.target."
_NAMESPACE, _CONTEXT, _KUBECONFIG = f"{_KEY}namespace", f"{_KEY}context", f"{_KEY}kubeconfig"
_PANEL = "Where"


@dataclass(frozen=True)
class Target:
    """As the command line says; empty: the default."""

    namespace: str = ""
    context: str = ""
    kubeconfig: Path | None = None

    @property
    def is_cluster(self) -> bool:
        """Whether a cluster was named."""
        return bool(self.context or self.kubeconfig)


def target(ctx: typer.Context) -> Target:
    """What the command line says."""
    return Target(ctx.meta.get(_NAMESPACE, ""), ctx.meta.get(_CONTEXT, ""), ctx.meta.get(_KUBECONFIG))


def options(*, hidden: bool = False) -> list[Any]:
    """The parameters of ``--namespace``, ``--context`` and ``--kubeconfig``; their values are kept for ``target``."""
    app = typer.Typer(add_completion=False)
    app.command()(_options)
    params: list[Any] = [param for param in get_command(app).params if param.name in ("namespace", "context", "kubeconfig")]
    for param in params:
        param.hidden = hidden
    return params


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> Any:
    if value:
        ctx.meta[f"{_KEY}{param.name}"] = value
    return value


def _contexts(incomplete: str) -> list[str]:
    """Names of contexts of the user's kubeconfig; an error completes nothing."""
    from kubernetes import config  # noqa: PLC0415  # a second

    try:
        found, _current = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
    except Exception:  # also of a file that is no YAML: a prompt must never break
        return []
    return [each["name"] for each in found if each["name"].startswith(incomplete)]


def _options(
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace",
            "-n",
            help="Namespace. Default: default, or the context's.",
            callback=_remember,
            expose_value=False,
            rich_help_panel=_PANEL,
        ),
    ] = "",
    context: Annotated[
        str,
        typer.Option(
            "--context",
            help="A context of the kubeconfig: the command is about that cluster instead of this machine.",
            envvar="MODELYARD_CONTEXT",
            callback=_remember,
            expose_value=False,
            autocompletion=_contexts,
            rich_help_panel=_PANEL,
        ),
    ] = "",
    kubeconfig: Annotated[
        Path | None,
        typer.Option(
            "--kubeconfig",
            help="Another kubeconfig, with its current context.",
            callback=_remember,
            expose_value=False,
            rich_help_panel=_PANEL,
        ),
    ] = None,
) -> None:
    """Only a carrier of its parameters."""
