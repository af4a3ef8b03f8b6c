"""Executes Jobs, Deployments, Services and CronJobs as processes of this machine."""

from modelyard_cli.local.runner.runner import Runner

__all__ = ["Runner"]
