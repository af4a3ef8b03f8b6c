"""The `modelyard` command, and the platform on one machine without a cluster (``local``)."""
