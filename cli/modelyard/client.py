"""One platform, on this machine or on a cluster. Everything stands on what the verbs of the command stand on."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from modelyard_cli import clock, waiting
from modelyard_cli.connect import connect
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError
from modelyard_cli.explanation.explained import explained
from modelyard_cli.explanation.text import note
from modelyard_cli.kind_names import Reference, kind_called, one_named
from modelyard_cli.kube_reading import objects
from modelyard_cli.predicting import rows as row_requests
from modelyard_cli.predicting import served_model
from modelyard_cli.predicting.rows import Request
from modelyard_cli.printing.columns import event_subject, event_time
from modelyard_cli.target import Target
from modelyard_operator.kube.interface import EVENT, MODEL_DEPLOYMENT, Object

from modelyard import frames, manifests
from modelyard.notebook import NotebookText, with_command_errors

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_LOOK_EVERY_SECONDS = 0.5


class Client:
    """Resources are named as on the command line: ``tj/flights``, ``md/flights``. Raises ModelyardError."""

    def __init__(self, context: str = "", *, namespace: str = "", kubeconfig: str | PathLike[str] | None = None) -> None:
        """This machine, or the cluster of a ``context`` of the kubeconfig."""
        self._target = Target(namespace, context, Path(kubeconfig) if kubeconfig else None)

    @cached_property
    def _connection(self) -> Connection:
        return connect(self._target)

    @property
    def namespace(self) -> str:
        """Where resources are looked for and made."""
        return self._connection.namespace

    def in_namespace(self, namespace: str) -> "Client":
        """The same platform, in another namespace."""
        return Client(self._target.context, namespace=namespace, kubeconfig=self._target.kubeconfig)

    @with_command_errors
    def apply(self, *sources: manifests.Source) -> list[Object]:
        """Create or change resources, from files, folders or dictionaries; a file of data that they name goes to the platform's S3."""
        return manifests.apply(self._connection, manifests.read(sources, self.namespace))

    @with_command_errors
    def train(self, data: str | PathLike[str], target: str, *, name: str | None = None, **spec: Any) -> Object:
        """Apply a TrainingJob: ``train("my.csv", target="late", model={"architecture": "Linear"})``. What isn't given has the usual defaults."""
        body = manifests.training_job(data, target, name, spec)
        return manifests.apply(self._connection, manifests.read([body], self.namespace))[0]

    @with_command_errors
    def serve(self, name: str, **spec: Any) -> Object:
        """Apply a ModelDeployment that follows the alias champion of the model of that name; ``spec`` adds to it, or replaces parts."""
        metadata = {"name": name}
        wanted = {"model": {"name": name, "alias": "champion"}, **spec}
        body = {"apiVersion": MODEL_DEPLOYMENT.api_version, "kind": MODEL_DEPLOYMENT.name, "metadata": metadata, "spec": wanted}
        return manifests.apply(self._connection, manifests.read([body], self.namespace))[0]

    @with_command_errors
    def get(self, what: str) -> Object:
        """One resource: ``get("tj/flights")``."""
        return self._found(one_named([what]))

    @with_command_errors
    def resources(self, kind: str) -> Sequence[Object]:
        """All of a kind: ``resources("tj")``."""
        return objects(self._connection.kube, kind_called(kind), self.namespace)

    @with_command_errors
    def wait(self, what: str, condition: str = "", *, timeout: float = 600) -> Object:
        """Until a condition is True (Promoted of a TrainingJob, Available of a ModelDeployment), or can't become so any more."""
        reference = one_named([what])
        usual = "Available" if reference.kind == MODEL_DEPLOYMENT else "Promoted"
        wanted = waiting.awaited(f"condition={condition or usual}", reference.kind)
        deadline = clock.elapsed() + timeout
        while not waiting.is_met(seen := self._found(reference), wanted):
            if why := waiting.why_never(seen, wanted):
                raise CommandError(f"{reference} will not reach {wanted}; {why}")
            if clock.elapsed() > deadline:
                raise CommandError(f"timed out waiting for {wanted} of {reference}; it stands at: {waiting.standing(seen, wanted)}")
            self._connection.require_running()
            clock.pause(_LOOK_EVERY_SECONDS)
        return seen

    @with_command_errors
    def predict(self, name: str, rows: Any) -> "pl.DataFrame | pd.DataFrame":
        """A frame with one row per row: prediction, a probability per class, and request_id and row for ``send_feedback``.

        ``rows``: a Polars or pandas frame, a dictionary, a list of those, or the path of a file. pandas in gives pandas out, else Polars.
        """
        if isinstance(rows, str | PathLike):
            requests = row_requests.from_file(str(rows), lambda: served_model.known_columns(self._connection, name))
        else:
            requests = row_requests.from_rows(frames.records(rows))
        found = [answer for request in requests for answer in self._predicted(name, request)]
        return frames.table(found, pandas=frames.is_pandas(rows))

    @with_command_errors
    def send_feedback(self, name: str, request_ids: Any, outcomes: Sequence[Any], *, rows: Sequence[int] | None = None) -> int:
        """True outcomes of what was predicted; how many were accepted.

        ``request_ids``: what ``predict`` returned, or ids, with the ``rows`` in their requests (from 0; default 0).
        """
        body = frames.outcomes(request_ids, outcomes, rows).encode()
        answer = self._connection.ask(self.namespace, name, "/feedback", body, "application/json")
        return int(json.loads(answer)["accepted"])

    @with_command_errors
    def explain(self, what: str) -> NotebookText:
        """What was done, and why or why not, in sentences."""
        return NotebookText("\n".join(explained(self._connection, one_named([what])).lines(width=100)))

    @with_command_errors
    def events(self, what: str = "") -> Sequence[Mapping[str, str]]:
        """What happened (to one resource), the newest last."""
        subject = one_named([what]) if what else None
        found = [each for each in objects(self._connection.kube, EVENT, self.namespace) if _is_about(each, subject)]
        return [_as_row(each) for each in sorted(found, key=event_time)]

    @with_command_errors
    def delete(self, what: str) -> None:
        """The resource, and what was made for it; models and runs stay in MLflow."""
        reference = one_named([what])
        uid = self._found(reference)["metadata"]["uid"]
        self._connection.kube.delete(reference.kind, self.namespace, reference.name, uid)

    def _predicted(self, name: str, request: Request) -> list[dict[str, Any]]:
        request_id = uuid4().hex
        predictions = served_model.ask(self._connection, name, request, request_id)
        return [{**each, "request_id": request_id, "row": row} for row, each in enumerate(predictions)]

    def _found(self, reference: Reference) -> Object:
        return self._connection.kube.get(reference.kind, self.namespace, reference.name)


def _is_about(event: Object, subject: Reference | None) -> bool:
    regarding = event.get("regarding") or {}
    return subject is None or (regarding.get("kind"), regarding.get("name")) == (subject.kind.name, subject.name)


def _as_row(event: Object) -> dict[str, str]:
    return {
        "time": event_time(event),
        "type": str(event.get("type", "")),
        "reason": str(event.get("reason", "")),
        "about": event_subject(event),
        "message": note(event),
    }
