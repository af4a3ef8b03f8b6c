"""OpenAPI in the model's own terms: its columns with their types. No data of the model is in it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.signature import DType, Field

from modelyard_serving.failures import NotReady
from modelyard_serving.protocols.invocations import FORMS
from modelyard_serving.protocols.open_inference import DATATYPES
from modelyard_serving.served_model import ServedModel, datatype, is_number, output_names
from modelyard_serving.startup import Readiness

Schema = dict[str, Any]


def typed_openapi(app: FastAPI, readiness: Readiness) -> Schema:
    """The document; without the model's columns as long as the model isn't loaded."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    try:
        model = readiness.service().model
    except NotReady:
        return document
    document.setdefault("components", {}).setdefault("schemas", {}).update(_schemas(model))
    for path, operations in document["paths"].items():
        names = ("InferRequest", "InferResponse") if path.endswith("/infer") else _BODIES.get(path)
        if names:
            _set_bodies(operations["post"], *names)
    return document


_BODIES = {"/invocations": ("Invocation", "Predictions"), "/feedback": ("Feedback", "Accepted")}


def _set_bodies(operation: Schema, request: str, response: str) -> None:
    operation["requestBody"] = {"required": True, "content": _json(request)}
    status = "202" if request == "Feedback" else "200"
    operation["responses"][status] = {"description": "The answer", "content": _json(response)}
    operation["responses"].pop("422", None)


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _schemas(model: ServedModel) -> dict[str, Schema]:
    return {
        "Row": _row(model.inputs),
        "Invocation": _invocation(model.inputs),
        "Prediction": _prediction(model),
        "Predictions": _object({"predictions": _list({"$ref": "#/components/schemas/Prediction"})}),
        "InferRequest": _object({"id": {"type": "string"}, "inputs": _list(_input_tensor(model.inputs))}, ["inputs"]),
        "InferResponse": _object({"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT, "outputs": _list(_output_tensor(model))}),
        "Outcome": _outcome(model),
        "Feedback": {
            "oneOf": [{"$ref": "#/components/schemas/Outcome"}, _object({"outcomes": _list({"$ref": "#/components/schemas/Outcome"})})]
        },
        "Accepted": _object({"accepted": {"type": "integer"}}),
    }


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _cell(column: InputColumn) -> Schema:
    """What is understood, the column's own type first."""
    return {"type": [*column.json_types, "null"]}


def _row(inputs: tuple[InputColumn, ...]) -> Schema:
    return _object({column.name: _cell(column) for column in inputs}, [column.name for column in inputs if column.required])


def _invocation(inputs: tuple[InputColumn, ...]) -> Schema:
    rows = _list({"$ref": "#/components/schemas/Row"})
    split = _object({"columns": _list(_TEXT), "index": _list({}), "data": _list(_list({}))}, ["columns", "data"])
    columns = _object({column.name: _list(_cell(column)) for column in inputs}, [column.name for column in inputs if column.required])
    shapes = dict(zip(FORMS, (split, rows, rows, columns), strict=True))
    return {"oneOf": [_object({form: shape, "params": {"type": "object"}}, [form]) for form, shape in shapes.items()]}


def _prediction(model: ServedModel) -> Schema:
    return _object({field.name: _output(field, model.classes) for field in model.signature.outputs})


def _output(field: Field, classes: tuple[str, ...]) -> Schema:
    if is_number(field):
        return _NUMBER
    if field.dtype is DType.STRING:
        return {"type": "string", "enum": list(classes)} if classes else _TEXT
    return {"type": "boolean"} if field.dtype is DType.BOOL else {}


def _input_tensor(inputs: tuple[InputColumn, ...]) -> Schema:
    name = {"type": "string", "enum": [column.name for column in inputs]}
    return _object(
        {"name": name, "shape": _list({"type": "integer"}), "datatype": {"type": "string", "enum": list(DATATYPES)}, "data": _list({})}
    )


def _output_tensor(model: ServedModel) -> Schema:
    name = {"type": "string", "enum": list(output_names(model))}
    types = sorted({datatype(field) for field in model.signature.outputs}, reverse=True)
    return _object({"name": name, "shape": _list({"type": "integer"}), "datatype": {"type": "string", "enum": types}, "data": _list({})})


def _outcome(model: ServedModel) -> Schema:
    outcome = {"type": "string", "enum": list(model.classes)} if model.classes else _NUMBER
    row = {"type": "integer", "minimum": 0, "default": 0}
    return _object({"request_id": _TEXT, "row": row, "outcome": outcome}, ["request_id", "outcome"])
