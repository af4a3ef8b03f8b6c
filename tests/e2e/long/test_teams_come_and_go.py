"""A namespace is added and taken away: nothing restarts for it, and its user and keys go with it.

The last of these tests: S3 starts anew where keys go, and takes the forwarded port of the others with it.
"""

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from dev.platform import chart
from dev.platform.chart import client_of_s3, namespace_s3
from dev.platform.forwarding import forwarded
from dev.platform.kubectl import NotInTime, items, kubectl, secret_value, wait_until
from tests.e2e.conftest import LABEL, NAMESPACE, Platform

TEAM = f"{NAMESPACE}-new"
RESTARTED = ("operator", "mlflow", "seaweedfs")


def running() -> dict[str, int]:
    """The platform's pods, and how often their containers were restarted."""
    pods = items("pods", chart.SYSTEM_NAMESPACE, "app.kubernetes.io/name=modelyard")
    chosen = [pod for pod in pods if pod["metadata"]["labels"]["app.kubernetes.io/component"] in RESTARTED]
    return {pod["metadata"]["uid"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in chosen}


def test_a_team_comes_and_goes(platform: Platform, mlflow_url: str) -> None:
    before = running()
    chart.make_namespace(TEAM)
    kubectl("label", "namespace", TEAM, f"{LABEL}=true")
    chart.install("http://127.0.0.1:5000")
    assert running() == before

    keys = [secret_value(TEAM, "modelyard", key) for key in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")]
    login = (secret_value(TEAM, "modelyard", "MLFLOW_TRACKING_USERNAME"), secret_value(TEAM, "modelyard", "MLFLOW_TRACKING_PASSWORD"))
    namespace_s3(TEAM, platform.s3_url).put_object(Bucket=f"modelyard-{TEAM}", Key="kept", Body=b"mine")
    assert _status(mlflow_url, login) == 200

    kubectl("label", "namespace", TEAM, f"{chart.USED_LABEL}-")
    chart.install("http://127.0.0.1:5000")
    assert _status(mlflow_url, login) == 401
    wait_until("the keys are refused", 60, lambda: _refused(platform, keys))
    assert _status(mlflow_url, _login(platform)) == 200  # another team notices nothing


def _login(platform: Platform) -> tuple[str, str]:
    user, password = (secret_value(platform.namespace, "modelyard", f"MLFLOW_TRACKING_{what}") for what in ("USERNAME", "PASSWORD"))
    return user, password


def _status(url: str, login: tuple[str, str]) -> int:
    return httpx.get(f"{url}/api/2.0/mlflow/users/current", auth=login, timeout=60).status_code


def _refused(platform: Platform, keys: list[str]) -> bool:
    try:
        with forwarded(chart.SYSTEM_NAMESPACE, "modelyard-seaweedfs", 8333, platform.logs / "keys.log") as url:
            client_of_s3(url, *keys).list_objects_v2(Bucket=f"modelyard-{TEAM}")
    except ClientError as error:
        return error.response["Error"]["Code"] == "InvalidAccessKeyId"
    except (BotoCoreError, OSError, NotInTime):  # it is starting
        return False
    return False
