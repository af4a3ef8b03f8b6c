"""Label selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from modelyard_operator.kube.interface import Refused

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]

_KEY = r"(?P<key>[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)"
_VALUE = r"(?P<value>[-A-Za-z0-9_.]*)"
_SETS = re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUALITY = re.compile(rf"{_KEY}\s*(?P<operator>==|=|!=)\s*{_VALUE}")
_EXISTENCE = re.compile(rf"(?P<operator>!?)\s*{_KEY}")
_BETWEEN = re.compile(r",(?![^(]*\))")  # commas that are not inside brackets


def parse(text: str) -> Selector:
    """What the selector asks; all of its comma-separated requirements have to hold. Raises Refused if it is none."""
    requirements = [_requirement(part.strip(), text) for part in _BETWEEN.split(text)] if text.strip() else []
    return lambda labels: all(requirement(labels) for requirement in requirements)


def labels_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """The object's labels."""
    return obj["metadata"].get("labels") or {}


def _requirement(part: str, text: str) -> Selector:
    for pattern, make in ((_SETS, _of_set), (_EQUALITY, _of_equality), (_EXISTENCE, _of_existence)):
        if found := pattern.fullmatch(part):
            return make(found)
    raise Refused(f"{text!r} is no label selector: can't read {part!r}; write key=value, key!=value, key in (a,b), key or !key")


def _of_set(found: re.Match[str]) -> Selector:
    values = {value.strip() for value in found["values"].split(",")}
    if found["operator"] == "in":
        return lambda labels: labels.get(found["key"]) in values
    return lambda labels: labels.get(found["key"]) not in values  # also without the label, as Kubernetes has it


def _of_equality(found: re.Match[str]) -> Selector:
    if found["operator"] == "!=":
        return lambda labels: labels.get(found["key"]) != found["value"]
    return lambda labels: labels.get(found["key"]) == found["value"]


def _of_existence(found: re.Match[str]) -> Selector:
    return lambda labels: (found["key"] in labels) != bool(found["operator"])
