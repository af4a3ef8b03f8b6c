"""Where the writers' files go: the platform's bucket."""

import threading
from typing import Any

from modelyard_clients.s3 import client_of
from modelyard_clients.settings import read_platform


class PlatformBucket:
    """Reads the platform's files again after a failure, so that keys that were renewed meanwhile are used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: tuple[Any, str] | None = None

    def put(self, key: str, content: bytes) -> None:
        """Stores one object; raises what boto3 raises, or PlatformIncomplete."""
        client, bucket = self._connected()
        try:
            client.put_object(Bucket=bucket, Key=key, Body=content)
        except Exception:
            self._connection = None
            raise

    def _connected(self) -> tuple[Any, str]:
        with self._lock:
            if self._connection is None:
                platform = read_platform()
                self._connection = (client_of(platform), platform.s3_bucket)
            return self._connection
