"""Rights of a namespace's pods, in MLflow's basic authentication: they write runs, and only read registered models.

So the one who trains does not promote. A server without authentication has no rights to give, which is not an error.
"""

import json
from typing import Any

from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from modelyard_operator.registry.failures import Missing, Present, failure, translated
from modelyard_operator.registry.interface import RegistryRefused

_PATH = "/api/3.0/mlflow/users/permissions"
_EXPERIMENT = ("experiment", "EDIT")
_MODEL = ("registered_model", "READ")


def pod_user(namespace: str) -> str:
    """The MLflow user whose password is in the Secret of the namespace."""
    return f"modelyard-{namespace}"


class Permissions:
    """Rights of pod users; ours have to be an administrator's."""

    def __init__(self, server: str) -> None:
        self._server = server

    def are_granted(self, namespace: str, experiment_id: str, model: str) -> bool:
        """Whether the namespace's pods have exactly the rights that they should have; true without authentication."""
        wanted = ((*_EXPERIMENT, experiment_id), (*_MODEL, model))
        return all(self._current(namespace, kind, name) in (None, right) for kind, right, name in wanted)

    def grant(self, namespace: str, experiment_id: str, model: str) -> None:
        """Give these rights, and take further ones on these two."""
        for kind, right, name in ((*_EXPERIMENT, experiment_id), (*_MODEL, model)):
            if self._current(namespace, kind, name) not in (None, right):
                self._set({"username": pod_user(namespace), "resource_type": kind, "resource_id": name}, right)

    def _set(self, subject: dict[str, str], right: str) -> None:
        """MLflow doesn't change a right: an old one (of whoever made the thing) is taken before the new one is given."""
        doing = f"giving {subject['username']} {right} on {subject['resource_type']} {subject['resource_id']}"
        try:
            self._ask("POST", "grant", doing, json={**subject, "permission": right})
        except Present:
            self._ask("POST", "revoke", doing, json=subject)
            self._ask("POST", "grant", doing, json={**subject, "permission": right})

    def _current(self, namespace: str, kind: str, name: str) -> str | None:
        """Name of the right; None if the server has no authentication."""
        user = pod_user(namespace)
        try:
            found = self._ask(
                "GET",
                "get",
                f"looking up the rights of {user}",
                params={"username": user, "resource_type": kind, "resource_id": name},
            )
        except Missing as missing:
            raise RegistryRefused(
                f"MLflow at {self._server} has no user {user}: create it, with the password that is in the Secret modelyard "
                f"of namespace {namespace}"
            ) from missing
        return None if found is None else str(found["permission"])

    def _ask(self, method: str, what: str, doing: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer; None if the server doesn't know the path, as it does without authentication."""
        with translated(self._server, doing):
            credentials = get_default_host_creds(self._server)  # type: ignore[no-untyped-call]
            response = http_request(credentials, f"{_PATH}/{what}", method, raise_on_status=False, **arguments)  # type: ignore[no-untyped-call]
        try:
            answer = json.loads(response.text)
        except ValueError:
            answer = {}
        if response.status_code == 200:
            return dict(answer)
        if response.status_code == 404 and "error_code" not in answer:
            return None
        codes = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
        code = answer.get("error_code") or codes.get(response.status_code, "INTERNAL_ERROR")
        raise failure(self._server, doing, str(code), str(answer.get("message") or f"HTTP {response.status_code}"))
