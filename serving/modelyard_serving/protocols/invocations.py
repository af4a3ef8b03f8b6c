"""MLflow's scoring protocol (``POST /invocations``): the four JSON forms and CSV in, ``{"predictions": [{…}, …]}`` out.

After https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally (MLflow 3). Unlike MLflow's own server, errors hold no rows.
"""

from typing import Any

from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols import bodies, tables
from modelyard_serving.served_model import PlainColumns, ServedModel
from modelyard_serving.validation import Validator

JSON = "application/json"
CSV = "text/csv"
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ONE_FORM = f"the body has to have exactly one of {', '.join(FORMS)}"
_CODECS = {"": "", **tables.CHARSETS}
_ENVELOPE = frozenset({"missing_form", "malformed_json", "malformed_csv", "wrong_shape"})  # BAD_REQUEST in MLflow's words


def read(body: bytes, content_type: str, model: ServedModel, validator: Validator) -> PlainColumns:
    """The checked columns of a request; raises InvalidRequest."""
    kind, charset = _media_type(content_type)
    given = tables.from_csv(body, charset, model, validator) if kind == CSV else _from_json(bodies.read_object(body), validator)
    return validator.columns(given)


def _media_type(content_type: str) -> tuple[str, str]:
    """JSON or CSV, and the codec of its charset (empty: not given)."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind not in {JSON, CSV}:
        raise InvalidRequest("unsupported_media_type", f"the content type has to be {JSON} or {CSV}", 415)
    split = [parameter.replace('"', "").partition("=") for parameter in parameters if parameter]
    given = {name: value for name, _, value in split}
    charset = _CODECS.get(given.pop("charset", ""))
    if charset is None or (kind == JSON and charset not in {"", "utf-8"}) or given not in ({}, {"header": "present"}):
        takes = f"{JSON} takes the parameter charset=utf-8, {CSV} header=present and charset={', '.join(tables.CHARSETS)}"
        raise InvalidRequest("unsupported_media_type", takes, 415)
    return kind, charset


def _from_json(body: dict[str, Any], validator: Validator) -> tables.GivenColumns:
    forms = [form for form in FORMS if form in body]
    if len(forms) != 1:
        raise InvalidRequest("missing_form", f"{_ONE_FORM}, it has {len(forms)}")
    if not isinstance(body.get("params") or {}, dict):
        raise InvalidRequest("wrong_shape", "params has to be an object")
    form, value = forms[0], body[forms[0]]
    if form == "dataframe_split":
        return tables.from_split(value, validator)
    if form == "inputs" and isinstance(value, dict):
        return tables.from_columns(value, form, validator.names)
    return tables.from_records(value, validator, form)


def write(outputs: PlainColumns) -> bytes:
    """One record per row."""
    names = list(outputs)
    return bodies.write({"predictions": [dict(zip(names, row, strict=True)) for row in zip(*outputs.values(), strict=True)]})


def write_error(status: int, message: str, reason: str = "") -> bytes:
    """MLflow's error object."""
    return bodies.write({"error_code": _error_code(status, reason), "message": message})


def _error_code(status: int, reason: str) -> str:
    if status == 400:
        return "BAD_REQUEST" if reason in _ENVELOPE else "INVALID_PARAMETER_VALUE"
    names = {404: "ENDPOINT_NOT_FOUND", 413: "REQUEST_LIMIT_EXCEEDED", 500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE"}
    return names.get(status, "BAD_REQUEST")
