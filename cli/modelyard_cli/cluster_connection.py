"""A platform on a cluster, reached through its API server alone."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes import config
from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.client import APPLY_PATCH, ApiServer, path_of
from modelyard_operator.kube.client import connect as connect_to_server
from modelyard_operator.kube.interface import DEPLOYMENT, POD, SERVICE, KubeError, Object, Refused, Unreachable

from modelyard_cli import platform_objects
from modelyard_cli.connection import FIELD_MANAGER, MlflowServer
from modelyard_cli.errors import NotReachable, WrongUsage
from modelyard_cli.target import Target

_JSON = "application/json"
_ANSWER_WITHIN_SECONDS = 60.0
_SILENT_AFTER_SECONDS = 24 * 3600.0
_WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_OPERATOR = "app.kubernetes.io/name=modelyard,app.kubernetes.io/component=operator"
_VERSION = "app.kubernetes.io/version"
_SHAPE = re.compile(r"failed to create typed patch object \([^)]*\): (.*)", re.DOTALL)
_UNKNOWN = re.compile(r"\.(\S+): field not declared in schema")
_MLFLOW_IS_UNKNOWN = (
    "where MLflow is can't be seen from outside the cluster: set MLFLOW_TRACKING_URI to an address that works from here (and "
    "MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD if it asks), for example after kubectl port-forward -n <its namespace> service/<its service> 5000:5000"
)


class ClusterConnection:
    """Implements ``Connection``."""

    is_local = False

    def __init__(self, server: ApiServer, name: str, namespace: str) -> None:
        self.kube = server
        self.name = name
        self.namespace = namespace

    def require_running(self) -> None:
        """See ``Connection``. An operator that is away for a moment comes back, and acts on what was written meanwhile."""

    def apply(self, body: Object, *, dry_run: bool, force: bool) -> Object:
        """See ``Connection``. Server-side, and strict: an unknown field is refused."""
        metadata = body["metadata"]
        path = path_of(ALL_KINDS[body["kind"]], metadata["namespace"], metadata["name"])
        query = {
            "fieldManager": FIELD_MANAGER,
            "fieldValidation": "Strict",
            "force": "true" if force else "",
            "dryRun": "All" if dry_run else "",
        }
        try:
            return self.kube.send("PATCH", path, query, body, APPLY_PATCH)
        except Unreachable as failed:
            if refused := refused_shape(body, failed):
                raise refused from failed
            raise

    def log(self, namespace: str, pod: str, *, tail: int | None, follow: bool) -> Iterator[bytes]:
        """See ``Connection``."""
        query: Object = {"tailLines": "" if tail is None else tail, "follow": "true" if follow else ""}
        read_seconds = _SILENT_AFTER_SECONDS if follow else _ANSWER_WITHIN_SECONDS
        response = self.kube.open("GET", f"{path_of(POD, namespace, pod)}/log", query, None, _JSON, read_seconds)
        try:
            yield from response
        finally:
            response.close()

    def ask(self, namespace: str, service: str, path: str, body: bytes, content_type: str, request_id: str = "") -> bytes:
        """See ``Connection``. Through the API server's proxy."""
        sent: Any = json.loads(body) if content_type == _JSON else body  # the client writes JSON itself
        headers = {"x-request-id": request_id} if request_id else {}
        return self._answer("POST", _proxied(namespace, service, path), sent, content_type, headers)

    def look(self, namespace: str, service: str, path: str) -> bytes:
        """See ``Connection``."""
        return self._answer("GET", _proxied(namespace, service, path), None, _JSON, {})

    def _answer(self, method: str, path: str, body: Any, content_type: str, headers: Mapping[str, str]) -> bytes:
        answer: bytes = self.kube.open(method, path, {}, body, content_type, _ANSWER_WITHIN_SECONDS, headers).data
        return answer

    def page(self, namespace: str, service: str, path: str) -> str:
        """See ``Connection``."""
        raise NotReachable(
            f"a browser can't reach the service from here: run kubectl port-forward -n {namespace} service/{service} 8080:80 "
            f"and open http://127.0.0.1:8080{path}"
        )

    def mlflow(self) -> MlflowServer:
        """See ``Connection``."""
        url = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not url.startswith(("http://", "https://")):
            raise NotReachable(_MLFLOW_IS_UNKNOWN)
        return MlflowServer(url, os.environ.get("MLFLOW_TRACKING_USERNAME", ""), os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))

    def s3(self, namespace: str, endpoint: str) -> Any:
        """See ``Connection``."""
        return platform_objects.s3(self.kube, namespace, endpoint)

    def user(self) -> str:
        """See ``Connection``. Everybody who is let in may ask this."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = self.kube.send("POST", _WHO_AM_I, body=review)
        return str(answer["status"]["userInfo"].get("username", ""))

    def platform_version(self) -> str:
        """See ``Connection``. From the label of the operator's Deployment."""
        try:
            found = self.kube.list_page(DEPLOYMENT, selector=_OPERATOR).items
        except KubeError:  # may not list all namespaces
            return ""
        return next((str(each["metadata"]["labels"].get(_VERSION, "")) for each in found), "")


def _proxied(namespace: str, service: str, path: str) -> str:
    return f"{path_of(SERVICE, namespace, f'{service}:http')}/proxy{path}"


def refused_shape(body: Object, failed: Unreachable) -> Refused | None:
    """Server-side apply responds with 500 to a manifest that doesn't fit the schema: it's the manifest that is wrong, not the server."""
    found = _SHAPE.search(str(failed))
    if found is None:
        return None
    problems = _UNKNOWN.sub(r'unknown field "\1"', found[1]).removeprefix("errors:").split("\n")
    listed = "; ".join(problem.strip() for problem in problems if problem.strip())
    return Refused(f'{body["kind"]} "{body["metadata"]["name"]}" is invalid: {listed}')


def connect_to_cluster(target: Target) -> ClusterConnection:
    """The cluster of a context (the current one unless named); raises WrongUsage for a kubeconfig that doesn't do."""
    kubeconfig = str(target.kubeconfig) if target.kubeconfig else None
    try:
        contexts, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
        server = connect_to_server(target.kubeconfig, context=target.context, field_manager=FIELD_MANAGER)
    except config.ConfigException as error:
        raise WrongUsage(f"the kubeconfig can't be used: {error}") from error
    name = target.context or current["name"]
    chosen = next(each for each in contexts if each["name"] == name)
    namespace = target.namespace or chosen["context"].get("namespace") or "default"
    return ClusterConnection(server, f"context {name}", namespace)
