"""What a team's S3 keys open, and which of SeaweedFS's servers answer who has no key: the table of docs/security.md."""

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dev.platform import chart
from dev.platform.kubectl import items
from tests.e2e.conftest import Platform

MASTER, VOLUME, FILER, S3_GRPC = 9333, 8080, 8888, 18333
GRPC = 10_000  # added to a server's port
OTHERS = "mlflow"  # a bucket that is no team's

ALLOWED: dict[str, Callable[[Any, str], Any]] = {
    "write into the own bucket": lambda s3, own: s3.put_object(Bucket=own, Key="tried", Body=b"mine"),
    "read from the own bucket": lambda s3, own: s3.get_object(Bucket=own, Key="tried"),
    "list the own bucket": lambda s3, own: s3.list_objects_v2(Bucket=own),
    "delete from the own bucket": lambda s3, own: s3.delete_object(Bucket=own, Key="tried"),
    "write into a shared bucket": lambda s3, _: s3.put_object(Bucket="datasets", Key="tried", Body=b"everybody's"),
    "delete from a shared bucket": lambda s3, _: s3.delete_object(Bucket="datasets", Key="tried"),
}
REFUSED: dict[str, Callable[[Any, str], Any]] = {
    "list another's bucket": lambda s3, _: s3.list_objects_v2(Bucket=OTHERS),
    "read from another's bucket": lambda s3, _: s3.get_object(Bucket=OTHERS, Key="artifacts"),
    "write into another's bucket": lambda s3, _: s3.put_object(Bucket=OTHERS, Key="tried", Body=b"mine"),
    "delete from another's bucket": lambda s3, _: s3.delete_object(Bucket=OTHERS, Key="artifacts"),
    "make a bucket": lambda s3, _: s3.create_bucket(Bucket="of-my-own"),
    "delete a bucket": lambda s3, own: s3.delete_bucket(Bucket=own),
    "let everybody read a bucket": lambda s3, own: s3.put_bucket_acl(Bucket=own, ACL="public-read"),
}


@pytest.fixture(scope="module")
def address(platform: Platform) -> str:
    """Of SeaweedFS's pod, as other pods reach it."""
    [pod] = items("pods", chart.SYSTEM_NAMESPACE, "app.kubernetes.io/component=seaweedfs")
    return str(pod["status"]["podIP"])


@pytest.mark.parametrize("do", ALLOWED.values(), ids=ALLOWED)
def test_a_team_works_in_its_own_and_in_shared_buckets(platform: Platform, do: Callable[[Any, str], Any]) -> None:
    do(platform.s3(), f"modelyard-{platform.namespace}")


@pytest.mark.parametrize("do", REFUSED.values(), ids=REFUSED)
def test_a_team_may_not(platform: Platform, do: Callable[[Any, str], Any]) -> None:
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden|not authorized"):
        do(platform.s3(), f"modelyard-{platform.namespace}")


def test_a_team_lists_only_buckets_that_are_open_to_it(platform: Platform) -> None:
    with contextlib.suppress(ClientError):
        found = {bucket["Name"] for bucket in platform.s3().list_buckets()["Buckets"]}
        assert found <= {"datasets", f"modelyard-{platform.namespace}"}


@pytest.mark.parametrize("port", [MASTER, VOLUME, FILER, MASTER + GRPC, VOLUME + GRPC, FILER + GRPC, 8181, 9101])
def test_servers_that_ask_for_no_key_are_not_reached(address: str, port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), timeout=5)


def test_the_port_that_takes_new_keys_asks_for_a_certificate(address: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((address, S3_GRPC), timeout=5) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
            connection.recv(1)
