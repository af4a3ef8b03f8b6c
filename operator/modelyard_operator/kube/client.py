"""The API server behind the Kube seam. The official client is the transport; objects stay plain dicts.

Its typed models, informer and elector are not used: decoding to models costs ten times the memory, the informer has neither read timeout
nor backoff, the elector goes on working when the API server is gone.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from kubernetes import client, config
from modelyard_api.labels import FIELD_MANAGER

from modelyard_operator.kube.interface import (
    KINDS,
    Conflict,
    Kind,
    NotFound,
    Object,
    Page,
    Refused,
    Throttled,
    Unreachable,
    WatchEvent,
)
from modelyard_operator.kube.matching import taken_over
from modelyard_operator.kube.pacing import TokenBucket
from modelyard_operator.kube.responses import error_of, error_of_status

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_WATCH_GRACE_SECONDS = 15
_LONGEST_WAIT_WHEN_THROTTLED_SECONDS = 10.0


@dataclass(frozen=True)
class Timeouts:
    """Seconds that a request may wait; none waits for ever."""

    connect: float = 5
    read: float = 30
    attempts: int = 3  # of a request that was answered 429


class ApiServer:
    """Implements ``Kube``. Safe to use from several threads."""

    def __init__(
        self,
        transport: client.ApiClient,
        bucket: TokenBucket | None = None,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
        field_manager: str = FIELD_MANAGER,
    ) -> None:
        self._transport = transport
        self._field_manager = field_manager
        self._bucket = bucket or TokenBucket()
        self._timeouts = timeouts or Timeouts()
        self._sleep = sleep

    def list_page(self, kind: Kind, *, namespace: str = "", selector: str = "", limit: int = 500, next_page: str = "") -> Page:
        """One page; the first one is read from the server's cache at its newest, the following ones continue it."""
        query = {"limit": limit, "labelSelector": selector, "continue": next_page}
        answer = self.send("GET", path_of(kind, namespace), query)
        items = [_clean({"apiVersion": kind.api_version, "kind": kind.name, **item}) for item in answer.get("items") or ()]
        return Page(items, answer["metadata"]["resourceVersion"], answer["metadata"].get("continue") or "")

    def watch(
        self, kind: Kind, *, resource_version: str, namespace: str = "", selector: str = "", timeout_seconds: int = 290
    ) -> Iterator[WatchEvent]:
        """Changes as they come. A peer that fell silent is given up after ``timeout_seconds`` and a little more."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "labelSelector": selector,
            "timeoutSeconds": timeout_seconds,
        }
        path = path_of(kind, namespace)
        response = self.open("GET", path, query, None, _JSON, timeout_seconds + _WATCH_GRACE_SECONDS)
        try:
            for line in response:
                yield _event(json.loads(line), f"watch {path}")
        except (urllib3.exceptions.HTTPError, ValueError) as error:  # cut in the middle of a line, or of a chunk
            raise Unreachable(f"watch {path}: {error}") from error
        finally:
            response.close()  # not release_conn: what is left of the stream must not reach the next request

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """A consistent read."""
        return _clean(self.send("GET", path_of(kind, namespace, name)))

    def create(self, body: Object) -> Object:
        """POST under our field manager."""
        kind = KINDS[body["kind"]]
        path = path_of(kind, body["metadata"].get("namespace", ""))
        return _clean(self.send("POST", path, {"fieldManager": self._field_manager}, body))

    def apply(self, body: Object) -> Object:
        """Server-side apply; fields that we once set and that ``body`` lacks are removed, also those set by our POST.

        With a ``metadata.uid`` it raises Conflict if the object is another one, or gone.
        """
        metadata = body["metadata"]
        path = path_of(KINDS[body["kind"]], metadata.get("namespace", ""), metadata["name"])
        self._take_over_created_fields(path)
        query = {"fieldManager": self._field_manager, "force": "true"}
        try:
            return _clean(self.send("PATCH", path, query, body, APPLY_PATCH))
        except Refused as refused:
            if "metadata.uid" in str(refused):  # how the server says that this name now belongs to another object
                raise Conflict(str(refused)) from refused
            raise

    def patch_suspend(self, kind: Kind, namespace: str, name: str, suspend: bool) -> Object:
        """A merge patch, so that nothing else of the spec is touched or claimed."""
        body = {"spec": {"suspend": suspend}}
        return _clean(self.send("PATCH", path_of(kind, namespace, name), {"fieldManager": self._field_manager}, body, _MERGE_PATCH))

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """PUT ``/status``."""
        return self._put(kind, body, "/status")

    def update(self, kind: Kind, body: Object) -> Object:
        """PUT."""
        return self._put(kind, body, "")

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """The UID is a precondition: a newer object of the same name counts as "gone already"."""
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            self.send("DELETE", path_of(kind, namespace, name), {}, body)
        except (NotFound, Conflict):
            return

    def pod_events(self, namespace: str, pod_uid: str) -> list[Object]:
        """Selected by the server; at most the first 100."""
        kind = KINDS["Event"]
        query = {"fieldSelector": f"regarding.uid={pod_uid}", "limit": 100}
        answer = self.send("GET", path_of(kind, namespace), query)
        return sorted((_clean(item) for item in answer.get("items") or ()), key=lambda item: str(item["metadata"]["creationTimestamp"]))

    def _put(self, kind: Kind, body: Object, subresource: str) -> Object:
        metadata = body["metadata"]
        path = path_of(kind, metadata.get("namespace", ""), metadata["name"]) + subresource
        return _clean(self.send("PUT", path, {"fieldManager": self._field_manager}, body))

    def _take_over_created_fields(self, path: str) -> None:
        """What we POSTed belongs to us as an updater; let it belong to us as an applier, or apply could never remove it."""
        try:
            metadata = self.send("GET", path)["metadata"]
        except NotFound:
            return
        entries = taken_over(metadata.get("managedFields") or [], self._field_manager)
        if entries is not None:
            patch = [
                {"op": "replace", "path": "/metadata/managedFields", "value": entries},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
            ]
            self.send("PATCH", path, {"fieldManager": self._field_manager}, patch, _JSON_PATCH)

    def send(self, method: str, path: str, query: Object | None = None, body: Any = None, content_type: str = _JSON) -> Object:
        """Any other request: the answer's JSON object. A throttled request waits as long as the server says and is sent again."""
        for attempts_left in reversed(range(self._timeouts.attempts)):
            try:
                return self._send_once(method, path, query or {}, body, content_type)
            except Throttled as throttled:
                if not attempts_left or throttled.retry_after > _LONGEST_WAIT_WHEN_THROTTLED_SECONDS:
                    raise
                self._sleep(throttled.retry_after)
        raise AssertionError("at least one attempt is made")

    def _send_once(self, method: str, path: str, query: Object, body: Any, content_type: str) -> Object:
        response = self.open(method, path, query, body, content_type, self._timeouts.read)
        try:
            parsed: Object = json.loads(response.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise Unreachable(f"{method} {path}: the answer broke off: {error}") from error
        return parsed

    def open(
        self,
        method: str,
        path: str,
        query: Object,
        body: Any,
        content_type: str,
        read_seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The response, not yet read, if its status is 2xx. ``headers`` are sent besides."""
        self._bucket.take()
        try:
            request = self._transport.param_serialize(
                method,
                _with_query(path, query),
                header_params={"Accept": _JSON, **({"Content-Type": content_type} if body is not None else {}), **(headers or {})},
                auth_settings=["BearerToken"],
            )
            response = self._transport.call_api(*request[:3], body=body, _request_timeout=(self._timeouts.connect, read_seconds)).response
            if 200 <= response.status < 300:
                return response
            answer = response.data
        except (urllib3.exceptions.HTTPError, client.ApiException, OSError) as error:
            raise Unreachable(f"{method} {path}: {error}") from error
        raise error_of(f"{method} {path}", response.status, answer, response.headers)


def connect(
    kubeconfig: Path | None = None,
    *,
    context: str = "",
    field_manager: str = FIELD_MANAGER,
    bucket: TokenBucket | None = None,
    timeouts: Timeouts | None = None,
) -> ApiServer:
    """The API server of ``kubeconfig`` (its current context unless one is named), else of the pod this runs in, else of the user's own kubeconfig."""
    configuration = client.Configuration()
    if kubeconfig is None and not context and Path("/var/run/secrets/kubernetes.io/serviceaccount/token").exists():
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]  # reads the token again when it was renewed
    else:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            str(kubeconfig) if kubeconfig else None, context or None, client_configuration=configuration, persist_config=False
        )
    configuration.keep_alive = True
    configuration.retries = False  # ours, with their deadlines, are the only ones
    configuration.connection_pool_maxsize = 32  # a watch per kind, and the workers
    return ApiServer(client.ApiClient(configuration), bucket, timeouts, field_manager=field_manager)


def path_of(kind: Kind, namespace: str, name: str = "") -> str:
    """Where a kind's objects, or one of them, are in the API."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{scope}/{kind.plural}" + (f"/{quote(name, safe='')}" if name else "")


def _with_query(path: str, query: Object) -> str:
    given = {key: value for key, value in query.items() if value != ""}
    return f"{path}?{urlencode(given)}" if given else path


def _event(raw: Object, request: str) -> WatchEvent:
    if raw["type"] == "ERROR":
        raise error_of_status(raw["object"], request)
    return WatchEvent(raw["type"], _clean(raw["object"]))


def _clean(obj: Object) -> Object:
    """Without ``managedFields``: half of an object's size, and nobody here reads it."""
    obj.get("metadata", {}).pop("managedFields", None)
    return obj
