"""Every test of this folder runs in both places, each with a real server or store of its own."""

from collections.abc import Iterator

import pytest
from modelyard_operator.kube.interface import Kube

from tests.contract.kube.places import Cluster, Machine, Place


@pytest.fixture(scope="session", params=["api-server", "local-store"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if request.param == "api-server":
        yield Cluster(request.getfixturevalue("api_server"))
        return
    machine = Machine(tmp_path_factory.mktemp("store") / "store.sqlite")
    yield machine
    machine.close()


@pytest.fixture(scope="session")
def kube(place: Place) -> Kube:
    return place.kube


@pytest.fixture
def namespace(place: Place) -> str:
    """A namespace of the test's own."""
    return place.new_namespace()
