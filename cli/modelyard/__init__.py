"""Modelyard from Python: what the `modelyard` command does, for notebooks and scripts.

::

    import modelyard

    modelyard.up()                                     # the platform on this machine
    client = modelyard.Client()                        # or Client(context="production")
    client.train("penguins.csv", target="species")
    client.wait("tj/penguins")
    print(client.explain("tj/penguins"))
"""

from modelyard_cli.errors import CommandError as ModelyardError

from modelyard.client import Client
from modelyard.machine import down, init, up

__all__ = ["Client", "ModelyardError", "down", "init", "up"]
