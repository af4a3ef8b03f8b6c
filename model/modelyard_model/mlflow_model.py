"""How a model folder is logged to MLflow: packaging, and the signature, from ours to MLflow's and back without loss.

MLflow's own rules: https://mlflow.org/docs/latest/ml/model/signatures. Columns have MLflow's data types, of which some are nested; tensors have
NumPy's, and their first dimension is the rows. Whether something is sensitive MLflow doesn't say.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from modelyard_model.signature import DType, Field, Layout, Parameter, Signature

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import Schema
from importlib.metadata import version
from pathlib import Path

import modelyard_api
from modelyard_api.catalogue.architectures import ARCHITECTURES

import modelyard_model
from modelyard_model.model_folder import EXPECTED_FILE, ExpectedDocument, load_model, read_document

# The names of MLflow's data types and of NumPy's
_COLUMNS = {
    DType.BOOL: "boolean",
    DType.INT32: "integer",
    DType.INT64: "long",
    DType.FP32: "float",
    DType.FP64: "double",
    DType.STRING: "string",
    DType.BYTES: "binary",
    DType.TIMESTAMP: "datetime",
}
_TENSORS = {
    DType.BOOL: "bool",
    DType.FP16: "float16",
    DType.FP32: "float32",
    DType.FP64: "float64",
    DType.STRING: "str",
    DType.BYTES: "bytes",
    DType.TIMESTAMP: "datetime64",
    DType.ANY: "object",
    **{each: each.lower() for each in DType if each.startswith(("INT", "UINT"))},
}
_OF_COLUMN = {name: dtype for dtype, name in _COLUMNS.items()}
_OF_TENSOR = {np.dtype(name): dtype for dtype, name in _TENSORS.items()}
LOADER_MODULE = "modelyard_model.pyfunc_loader"
_PANDAS = {DType.FP64: "float64", DType.STRING: "str"}  # dtypes of columns of an example


def to_mlflow(signature: Signature) -> "ModelSignature | None":
    """None where nothing is said. Raises ValueError for a data type that MLflow has none for."""
    from mlflow.models import ModelSignature  # noqa: PLC0415  seconds
    from mlflow.types import ParamSchema, ParamSpec  # noqa: PLC0415  seconds

    inputs, outputs = _schema(signature.inputs, signature.layout), _schema(signature.outputs, signature.output_layout)
    params = ParamSchema(
        [ParamSpec(each.field.name, _column_type(each.field), each.default, each.field.shape or None) for each in signature.params]
    )
    if inputs is None and outputs is None and not signature.params:
        return None
    return ModelSignature(inputs, outputs, params if signature.params else None)  # type: ignore[arg-type]  # None is its default


def from_mlflow(signature: "ModelSignature | None") -> Signature:
    """Raises ValueError for a data type that ``DType`` has none for: complex numbers."""
    if signature is None:
        return Signature(layout=Layout.OPEN, output_layout=Layout.OPEN)
    params = signature.params.params if signature.params else ()
    return Signature(
        inputs=_fields(signature.inputs),
        outputs=_fields(signature.outputs),
        params=tuple(Parameter(_of_type(each.name, each.dtype, shape=each.shape or ()), each.default) for each in params),
        layout=_layout(signature.inputs),
        output_layout=_layout(signature.outputs),
    )


def _schema(fields: tuple[Field, ...], layout: Layout) -> "Schema | None":
    from mlflow.types import ColSpec, Schema, TensorSpec  # noqa: PLC0415  seconds

    if layout is Layout.OPEN:
        return None
    if layout is Layout.TENSORS:
        return Schema([TensorSpec(np.dtype(_named(_TENSORS, each)), each.shape, each.name or None) for each in fields])
    return Schema([ColSpec(_column_type(each), each.name or None, required=each.required) for each in fields])


def _named(names: dict[DType, str], field: Field) -> str:
    if field.dtype not in names:
        raise ValueError(f"MLflow has no {field.dtype} in such a place ({field.name!r})")
    return names[field.dtype]


def _column_type(field: Field) -> Any:
    from mlflow.types import DataType  # noqa: PLC0415  seconds
    from mlflow.types.schema import AnyType, Array, Map, Object, Property  # noqa: PLC0415  seconds

    if field.dtype is DType.ANY:
        return AnyType()  # type: ignore[no-untyped-call]  # MLflow leaves it without
    if field.dtype is DType.STRUCT:
        return Object([Property(each.name, _column_type(each), required=each.required) for each in field.items])
    if field.dtype in {DType.LIST, DType.MAP}:
        return (Array if field.dtype is DType.LIST else Map)(_column_type(field.items[0]))
    return DataType[_named(_COLUMNS, field)]


def _layout(schema: "Schema | None") -> Layout:
    if schema is None:
        return Layout.OPEN
    return Layout.TENSORS if schema.is_tensor_spec() else Layout.COLUMNS


def _fields(schema: "Schema | None") -> tuple[Field, ...]:
    if schema is None:
        return ()
    if schema.is_tensor_spec():
        return tuple(_tensor(each) for each in schema.inputs)
    return tuple(_of_type(each.name or "", each.type, required=each.required) for each in schema.inputs)


def _tensor(spec: Any) -> Field:
    if spec.type not in _OF_TENSOR:
        raise ValueError(f"tensor {spec.name or ''!r} has the type {spec.type}, which no protocol of the server has")
    return Field(spec.name or "", _OF_TENSOR[spec.type], tuple(spec.shape))


def _of_type(name: str, kind: Any, *, required: bool = True, shape: tuple[int, ...] = ()) -> Field:
    from mlflow.types.schema import AnyType, Array, Map, Object  # noqa: PLC0415  seconds

    if isinstance(kind, AnyType):
        return Field(name, DType.ANY, shape, required)
    if isinstance(kind, Array):
        return Field(name, DType.LIST, shape, required, items=(_of_type("", kind.dtype),))
    if isinstance(kind, Map):
        return Field(name, DType.MAP, shape, required, items=(_of_type("", kind.value_type),))
    if isinstance(kind, Object):
        parts = tuple(_of_type(each.name, each.dtype, required=each.required) for each in kind.properties)
        return Field(name, DType.STRUCT, shape, required, items=parts)
    return Field(name, _OF_COLUMN[kind.name], shape, required)


def log_arguments(folder: Path) -> dict[str, Any]:
    """Arguments for ``mlflow.pyfunc.log_model`` and ``save_model``; the caller adds the name, metadata and tags."""
    import pandas as pd  # noqa: PLC0415  half a second

    model = load_model(folder, device="cpu")
    rows = read_document(ExpectedDocument, folder / EXPECTED_FILE).inputs
    return {
        "loader_module": LOADER_MODULE,
        "data_path": str(folder),
        "code_paths": [str(Path(next(iter(package.__path__)))) for package in (modelyard_model, modelyard_api)],
        # Every number is ``double``, dates and categories are ``string``: MLflow converts nothing then that our preparation should read
        "signature": to_mlflow(model.signature),
        "input_example": pd.DataFrame(
            {i.name: pd.Series(rows[i.name], dtype=_PANDAS.get(i.dtype, "object")) for i in model.inputs if i.name in rows}
        ),
        "pip_requirements": pip_requirements(model.architecture),
    }


def pip_requirements(architecture: str) -> list[str]:
    """What a model needs to be loaded, in the versions it was fitted with."""
    fitted_with = ARCHITECTURES[architecture].packages
    return [f"{name}=={version(name)}" for name in ("mlflow-skinny", "numpy", "pandas", "pydantic", *fitted_with)]
