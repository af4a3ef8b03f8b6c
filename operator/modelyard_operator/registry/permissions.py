"""Rights in MLflow's basic authentication: a namespace's pods write runs, and only read registered models; other namespaces see neither.

So the one who trains does not promote. All rights of all users are read at once, at most every ten minutes. A server without authentication has
no rights to give, which is not an error.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from modelyard_operator.registry.failures import Present, failure, translated
from modelyard_operator.registry.interface import NameTaken, RegistryRefused

READ_AGAIN_SECONDS = 600.0
_USERS = "/api/2.0/mlflow/users/list"
_PERMISSIONS = "/api/3.0/mlflow/users/permissions"
_EXPERIMENT, _MODEL = "experiment", "registered_model"
_WHOSE = "MANAGE"  # what MLflow gives to whoever makes something; people who move aliases need EDIT only
_POD_USER = "modelyard-"
_SHOWN = 3

Resource = tuple[str, str]  # type and id


def pod_user(namespace: str) -> str:
    """The MLflow user whose password is in the Secret of the namespace."""
    return f"{_POD_USER}{namespace}"


@dataclass(frozen=True)
class Rights:
    """What each user was given; an administrator needs nothing."""

    of_users: Mapping[str, Mapping[Resource, str]]
    administrators: frozenset[str]

    def owners(self, resource: Resource) -> list[str]:
        """Who may do everything with it, administrators aside, and pods that write there: they may have renamed their experiment into it."""
        named = ((user, rights.get(resource)) for user, rights in self.of_users.items() if user not in self.administrators)
        return sorted(user for user, right in named if right == _WHOSE or (right == "EDIT" and user.startswith(_POD_USER)))


class Permissions:
    """Rights of pod users; ours have to be an administrator's. Thread-safe: what was read is replaced as a whole."""

    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` in seconds."""
        self._server = server
        self._clock = clock
        self._read: tuple[float, Rights | None] | None = None

    def are_granted(self, namespace: str, experiment_id: str, model: str) -> bool:
        """Whether the namespace's pods have exactly the rights that they should have; true without authentication. Raises NameTaken."""
        rights = self._rights()
        if rights is None:
            return True
        self._require_ours(rights, namespace, experiment_id, model)
        return not any(True for _ in self._missing(rights, namespace, experiment_id, model))

    def grant(self, namespace: str, experiment_id: str, model: str) -> None:
        """Give these rights, and take further ones of the namespace's pods. Raises NameTaken if somebody else's rights are in the way."""
        self._read = None
        rights = self._rights()
        if rights is None:
            return
        self._require_ours(rights, namespace, experiment_id, model)
        for (kind, name), right in self._missing(rights, namespace, experiment_id, model):
            self._set({"username": pod_user(namespace), "resource_type": kind, "resource_id": name}, right)
        self._read = None

    def require_ours(self, namespace: str, model: str) -> None:
        """Raises NameTaken if somebody else may do everything with the registered model."""
        rights = self._rights()
        if rights is not None:
            self._require_ours(rights, namespace, "", model)

    def _require_ours(self, rights: Rights, namespace: str, experiment_id: str, model: str) -> None:
        for kind, name in ((_MODEL, model), (_EXPERIMENT, experiment_id)):
            others = [user for user in rights.owners((kind, name)) if user != pod_user(namespace)]
            if others:
                what = f"registered model {name}" if kind == _MODEL else f"the experiment of {model} (id {name})"
                raise NameTaken(
                    f"MLflow at {self._server}: {what} belongs to {', '.join(others[:_SHOWN])}, so nothing is done with it; "
                    f"an MLflow administrator can rename it or take their right to it, or choose another name in spec"
                )

    def _missing(self, rights: Rights, namespace: str, experiment_id: str, model: str) -> Iterator[tuple[Resource, str]]:
        user = pod_user(namespace)
        if user not in rights.of_users:
            raise RegistryRefused(
                f"MLflow at {self._server} has no user {user}: create it, with the password that is in the Secret modelyard "
                f"of namespace {namespace}"
            )
        wanted = {(_EXPERIMENT, experiment_id): "EDIT", (_MODEL, model): "READ"}
        yield from ((resource, right) for resource, right in wanted.items() if rights.of_users[user].get(resource) != right)

    def _rights(self) -> Rights | None:
        """None: the server has no authentication."""
        known = self._read
        if known is None or self._clock() - known[0] > READ_AGAIN_SECONDS:
            answer = self._ask("GET", _USERS, "looking up the rights of all users")
            self._read = known = (self._clock(), _rights(answer["users"]) if answer else None)
        return known[1]

    def _set(self, subject: dict[str, str], right: str) -> None:
        """MLflow doesn't change a right: an old one (of whoever made the thing) is taken before the new one is given."""
        doing = f"giving {subject['username']} {right} on {subject['resource_type']} {subject['resource_id']}"
        try:
            self._ask("POST", f"{_PERMISSIONS}/grant", doing, json={**subject, "permission": right})
        except Present:
            self._ask("POST", f"{_PERMISSIONS}/revoke", doing, json=subject)
            self._ask("POST", f"{_PERMISSIONS}/grant", doing, json={**subject, "permission": right})

    def _ask(self, method: str, path: str, doing: str, **arguments: Any) -> dict[str, Any] | None:
        """The answer; None if the server doesn't know the path, as it does without authentication."""
        with translated(self._server, doing):
            credentials = get_default_host_creds(self._server)  # type: ignore[no-untyped-call]
            response = http_request(credentials, path, method, raise_on_status=False, **arguments)  # type: ignore[no-untyped-call]
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


def _rights(users: list[dict[str, Any]]) -> Rights | None:
    """From MLflow's list of users, each with its roles and their permissions; None from a release that has no roles."""
    if any("roles" not in user for user in users):
        return None
    of_users = {
        str(user["username"]): {
            (one["resource_type"], one["resource_pattern"]): one["permission"] for role in user["roles"] for one in role["permissions"]
        }
        for user in users
    }
    return Rights(of_users, frozenset(str(user["username"]) for user in users if user["is_admin"]))
