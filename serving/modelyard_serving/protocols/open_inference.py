"""Open Inference Protocol v2 over HTTP: one named tensor per column, of shape [n] or [n, 1].

After https://github.com/kserve/open-inference-protocol (specification/protocol/inference_rest.md). The binary tensor extension is not spoken.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard_model.signature import Field

from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols import bodies
from modelyard_serving.served_model import PlainColumns, ServedModel, datatype
from modelyard_serving.validation import Validator

_INTEGER_BITS = (8, 16, 32, 64)
_RANGES = {f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in _INTEGER_BITS} | {
    f"UINT{bits}": (0, 2**bits - 1) for bits in _INTEGER_BITS
}
_LARGEST = {"FP16": 65504.0, "FP32": 3.4028235677973366e38, "FP64": math.inf}  # what rounds to a finite number
DATATYPES = ("BOOL", *_RANGES, *_LARGEST, "BYTES")
_LONGEST_ID = 256


@dataclass(frozen=True)
class InferRequest:
    """A checked request: the model's columns, and what of it is repeated in the answer."""

    columns: PlainColumns
    id: str | None
    outputs: tuple[str, ...]


def read(body: bytes, validator: Validator, outputs: tuple[str, ...]) -> InferRequest:
    """Raises InvalidRequest; ``outputs`` are the names the model can answer with."""
    request = bodies.read_object(body)
    identity = request.get("id")
    if identity is not None and (not isinstance(identity, str) or len(identity) > _LONGEST_ID):
        raise InvalidRequest("wrong_shape", f"id has to be text of at most {_LONGEST_ID} characters")
    _parameters(request)
    given = _tensors(request.get("inputs"), validator)
    return InferRequest(validator.columns(given), identity, _requested(request.get("outputs"), outputs))


def _tensors(inputs: Any, validator: Validator) -> PlainColumns:
    if not isinstance(inputs, list) or not inputs:
        raise InvalidRequest("wrong_shape", "inputs has to be a list of tensors, one per column")
    known, given = frozenset(validator.names), PlainColumns()
    for index, tensor in enumerate(inputs):
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise InvalidRequest("wrong_shape", f"inputs[{index}] has to be an object with a name")
        name = tensor["name"]
        if name in given:
            raise InvalidRequest("wrong_shape", f"column {name!r} is in inputs twice")
        if name in known:
            given[name] = _values(name, tensor, validator)
    return given


def _values(name: str, tensor: dict[str, Any], validator: Validator) -> list[Any]:
    datatype, data = tensor.get("datatype"), tensor.get("data")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise InvalidRequest("wrong_type", f"column {name!r}: datatype has to be one of {', '.join(DATATYPES)}")
    if not isinstance(data, list):
        binary = "binary_data_size" in _parameters(tensor)
        raise InvalidRequest(
            "wrong_shape", f"column {name!r}: " + ("binary tensors are not supported, " if binary else "") + "data has to be a list"
        )
    rows = _rows(name, tensor.get("shape"))
    validator.count(rows)
    nested = bool(data) and all(isinstance(value, list) and len(value) == 1 for value in data)
    values = [value[0] for value in data] if nested else data
    if len(values) != rows:
        raise InvalidRequest("wrong_length", f"column {name!r}: data has {len(values)} values, its shape says {rows}")
    fits = _fits(datatype)
    for row, value in enumerate(values):
        if value is not None and not fits(value):
            raise InvalidRequest("wrong_type", f"column {name!r}, row {row}: the value is not {datatype}")
    return values


def _parameters(holder: dict[str, Any]) -> dict[str, Any]:
    parameters = holder.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise InvalidRequest("wrong_shape", "parameters has to be an object")
    return parameters


def _rows(name: str, shape: Any) -> int:
    sizes = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not sizes or len(shape) not in {1, 2} or shape[1:] not in ([], [1]):
        raise InvalidRequest("wrong_shape", f"column {name!r}: shape has to be [n] or [n, 1]")
    return int(shape[0])


def _fits(datatype: str) -> Callable[[Any], bool]:
    if datatype == "BOOL":
        return lambda value: isinstance(value, bool)
    if datatype == "BYTES":
        return lambda value: isinstance(value, str)
    if datatype in _RANGES:
        low, high = _RANGES[datatype]
        return lambda value: type(value) is int and low <= value <= high
    largest = _LARGEST[datatype]
    return lambda value: type(value) in {int, float} and not largest < abs(value) < math.inf


def _requested(outputs: Any, available: tuple[str, ...]) -> tuple[str, ...]:
    if not outputs:
        return available
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise InvalidRequest("wrong_shape", "outputs has to be a list of objects with a name")
    names = tuple(output.get("name") for output in outputs)
    for index, name in enumerate(names):
        if name not in available:
            known = ", ".join(available[:10]) + (", …" if len(available) > 10 else "")
            raise InvalidRequest("unknown_output", f"outputs[{index}]: the model's outputs are {known}")
        if _parameters(outputs[index]).get("binary_data"):
            raise InvalidRequest("wrong_shape", f"outputs[{index}]: binary tensors are not supported; leave out binary_data")
    return tuple(dict.fromkeys(names))


def write(model: str, version: str, request: InferRequest, outputs: PlainColumns, datatypes: Mapping[str, str]) -> bytes:
    """The answer; every output has shape [n, 1], and of ``datatypes`` its own."""
    answer: dict[str, Any] = {"model_name": model, "model_version": version}
    if request.id is not None:
        answer["id"] = request.id
    answer["outputs"] = [_tensor(name, datatypes[name], outputs[name]) for name in request.outputs]
    return bodies.write(answer)


def _tensor(name: str, kind: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": [len(values), 1], "datatype": kind, "data": values}


def write_error(_status: int, message: str, _reason: str = "") -> bytes:
    """The protocol's error object."""
    return bodies.write({"error": message})


def _described(field: Field) -> dict[str, Any]:
    return {"name": field.name, "datatype": datatype(field), "shape": [-1, 1]}


def metadata(name: str, version: str, model: ServedModel) -> dict[str, Any]:
    """``GET /v2/models/{name}``: the tensors of the model. Numbers are best sent as FP64, texts as BYTES; what else a column takes, it takes
    as in JSON."""
    return {
        "name": name,
        "versions": [version],
        "platform": "modelyard",
        "inputs": [_described(field) for field in model.signature.inputs],
        "outputs": [_described(field) for field in model.signature.outputs],
    }
