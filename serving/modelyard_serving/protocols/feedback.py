"""``POST /feedback``: what really happened, by request id and row; one outcome or ``{"outcomes": [ … ]}``."""

import math
import re
from dataclasses import dataclass
from typing import Any

from modelyard_serving.errors import InvalidRequest
from modelyard_serving.protocols import json_body

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_KEYS = frozenset({"request_id", "row", "outcome"})
_FEW = 20  # classes that a message lists


@dataclass(frozen=True)
class Outcome:
    """The true value of one row of an earlier request, as text."""

    request_id: str
    row: int
    outcome: str


class OutcomeReader:
    """Reads outcomes for one model: a class for a classifier, a number for a regressor."""

    def __init__(self, classes: tuple[str, ...], max_outcomes: int) -> None:
        self._classes = classes
        self._known = frozenset(classes)
        self._max = max_outcomes

    def read(self, body: bytes) -> list[Outcome]:
        """Raises InvalidRequest that names the outcome's place in the list and never its value; nothing is taken then."""
        request = json_body.read_object(body)
        entries = request.get("outcomes", [request])
        if not isinstance(entries, list) or not entries:
            raise InvalidRequest("wrong_shape", "outcomes has to be a list that isn't empty")
        if len(entries) > self._max:
            raise InvalidRequest(
                "too_many_rows", f"{len(entries)} outcomes, at most {self._max} are taken at once; send several requests", 413
            )
        return [self._outcome(f"outcomes[{index}]", entry) for index, entry in enumerate(entries)]

    def _outcome(self, where: str, entry: Any) -> Outcome:
        if not isinstance(entry, dict) or not {"request_id", "outcome"} <= entry.keys() <= _KEYS:
            raise InvalidRequest("wrong_shape", f"{where} has to be an object with request_id, outcome and, for rows after the first, row")
        request_id, row = entry["request_id"], entry.get("row", 0)
        if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id):
            raise InvalidRequest("wrong_type", f"{where}: request_id has to be the x-request-id of an answer")
        if type(row) is not int or not 0 <= row < 2**31:
            raise InvalidRequest("wrong_type", f"{where}: row has to be the row's number in its request, from 0")
        return Outcome(request_id, row, self._class(where, entry["outcome"]) if self._classes else _number(where, entry["outcome"]))

    def _class(self, where: str, outcome: Any) -> str:
        for text in _spellings(outcome):
            if text in self._known:
                return text
        known = ", ".join(self._classes[:_FEW]) + (", …" if len(self._classes) > _FEW else "")
        raise InvalidRequest("unknown_class", f"{where}: outcome has to be one of the model's classes: {known}")


def _spellings(outcome: Any) -> tuple[str, ...]:
    """How a class that is sent as a JSON value may be written in the training data."""
    if isinstance(outcome, str):
        return (outcome,)
    if isinstance(outcome, bool):
        return ("true", "True", "1", "1.0") if outcome else ("false", "False", "0", "0.0")
    if isinstance(outcome, int):
        return (str(outcome), f"{outcome}.0")
    if isinstance(outcome, float) and math.isfinite(outcome):
        return (repr(outcome), str(int(outcome))) if outcome.is_integer() else (repr(outcome),)
    return ()


def _number(where: str, outcome: Any) -> str:
    if isinstance(outcome, int | float) and not isinstance(outcome, bool):
        try:
            number = float(outcome)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return repr(number)
    raise InvalidRequest("wrong_type", f"{where}: outcome has to be a finite number")
