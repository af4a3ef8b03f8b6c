"""The same operator on one machine without a cluster: a durable store instead of the API server, processes instead of pods."""
