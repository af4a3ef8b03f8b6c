"""Executes Jobs, Deployments, Services and CronJobs as processes of this machine."""
