"""``POST /feedback``: what really happened, by request id and row; one outcome or ``{"outcomes": [ … ]}``."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard_model.cells.known_words import TRUE, TRUTH
from modelyard_model.cells.numbers import category_of, number_text

from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols import bodies

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
        self._spellings = tuple(_unambiguous(classes, spelling) for spelling in _SPELLINGS)
        self._max = max_outcomes

    def read(self, body: bytes) -> list[Outcome]:
        """Raises InvalidRequest that names the outcome's place in the list and never its value; nothing is taken then."""
        request = bodies.read_object(body)
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
        texts = _texts(outcome)
        for spelling, named in zip(_SPELLINGS, self._spellings, strict=True):
            for text in texts:
                if found := named.get(spelling(text)):
                    return found
        known = ", ".join(self._classes[:_FEW]) + (", …" if len(self._classes) > _FEW else "")
        raise InvalidRequest("unknown_class", f"{where}: outcome has to be one of the model's classes: {known}")


def _truth(text: str) -> str:
    """``true``, ``false`` or, for another text, empty."""
    word = text.strip().lower()
    return str(word in TRUE).lower() if word in TRUTH else ""


# What two texts have in common that are one class, the closest first
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    str.strip,
    lambda text: category_of(text.strip()),
    lambda text: text.strip().casefold(),
    _truth,
)


def _unambiguous(classes: Sequence[str], spelling: Callable[[str], str]) -> dict[str, str]:
    """Classes by their spelling, without those that share it."""
    spelled = [spelling(each) for each in classes]
    if spelling is _truth and sorted(spelled) != ["false", "true"]:  # t among a, c, g and t is no truth value
        return {}
    counts = Counter(spelled)
    return {key: each for key, each in zip(spelled, classes, strict=True) if key and counts[key] == 1}


def _texts(outcome: Any) -> tuple[str, ...]:
    """How a class that is sent as a JSON value may be written in the training data."""
    if isinstance(outcome, str):
        return (outcome,)
    if isinstance(outcome, bool):
        return ("true", "1") if outcome else ("false", "0")
    if isinstance(outcome, int) or (isinstance(outcome, float) and math.isfinite(outcome)):
        return (number_text(outcome),)
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
