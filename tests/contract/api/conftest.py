"""Both judges of manifests."""

from collections.abc import Iterator

import pytest

from dev.cluster.apiserver import ApiServer
from tests.contract.api.judges import ByApiServer, ByLocalStore, Judge


@pytest.fixture(scope="session")
def by_api_server(api_server: ApiServer) -> ByApiServer:
    return ByApiServer(api_server)


@pytest.fixture(scope="session")
def by_local_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByLocalStore]:
    judge = ByLocalStore(tmp_path_factory.mktemp("store") / "store.sqlite")
    yield judge
    judge.close()


@pytest.fixture(scope="session", params=["by_api_server", "by_local_store"])
def judge(request: pytest.FixtureRequest) -> Judge:
    return request.getfixturevalue(request.param)
