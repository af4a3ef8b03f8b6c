"""What a controller decides about one object, and conditions in a status: times change only with what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard_api.timestamps import to_timestamp
from modelyard_operator.kube.interface import Object


@dataclass(frozen=True)
class Decision:
    """Carried out top to bottom; what fails halfway is decided again from what is there then."""

    create: tuple[Object, ...] = ()
    status: Object | None = None  # the whole status; None: as it is
    delete: tuple[Object, ...] = ()


def with_condition(conditions: Sequence[Object], wanted: Object, now: datetime) -> list[Object]:
    """``conditions`` with ``wanted`` (type, status, perhaps reason and message) in it, in the place of its predecessor."""
    before = find(conditions, wanted["type"])
    has_turned = before is None or before["status"] != wanted["status"]
    since = to_timestamp(now) if has_turned or before is None else before["lastTransitionTime"]
    new = {**wanted, "lastTransitionTime": since}
    if before is None:
        return [*conditions, new]
    return [new if each is before else each for each in conditions]


def find(conditions: Sequence[Object], condition_type: str) -> Object | None:
    """The condition of that type."""
    return next((each for each in conditions if each["type"] == condition_type), None)
