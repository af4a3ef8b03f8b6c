"""Executes Jobs, Deployments, Services and CronJobs as processes of this machine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelyard_local.runner.runner import Runner

__all__ = ["Runner"]


def __getattr__(name: str) -> object:
    """Who only wants to know what can be executed doesn't wait for what executes it."""
    if name == "Runner":
        from modelyard_local.runner.runner import Runner  # noqa: PLC0415

        return Runner
    raise AttributeError(name)
