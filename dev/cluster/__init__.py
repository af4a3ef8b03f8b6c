"""A real one-node Kubernetes on this Linux machine, without Docker and without an image registry.

`python -m dev.cluster up` builds or finds every component, starts them as plain processes, and loads the
project's images into the node. See docs/cluster.md.
"""
