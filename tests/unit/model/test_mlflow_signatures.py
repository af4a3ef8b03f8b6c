"""Every signature that MLflow can write is the same after it went through ours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property
from modelyard_model.mlflow_model import from_mlflow, to_mlflow
from modelyard_model.signature import DType, Field, Layout, Signature

NAMES = st.text("abc xyz_1", min_size=1, max_size=8)
SCALARS = st.sampled_from(list(DataType))
NESTED = st.recursive(
    SCALARS | st.builds(AnyType),
    lambda inner: (
        st.builds(Array, inner)
        | st.builds(Map, inner)
        | st.builds(
            Object,
            st.lists(st.builds(Property, NAMES, inner, required=st.booleans()), min_size=1, max_size=3, unique_by=lambda each: each.name),
        )
    ),
    max_leaves=6,
)
COLUMNS = st.lists(st.builds(ColSpec, NESTED, NAMES, required=st.booleans()), min_size=1, max_size=4, unique_by=lambda each: each.name)
DTYPES = st.sampled_from(
    [
        np.dtype(name)
        for name in [
            "bool",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint64",
            "float16",
            "float32",
            "float64",
            "str",
            "bytes",
            "object",
        ]
    ]
)
SHAPES = st.lists(st.integers(1, 9), max_size=3).map(lambda rest: (-1, *rest))
TENSORS = st.lists(st.builds(TensorSpec, DTYPES, SHAPES, NAMES), min_size=1, max_size=3, unique_by=lambda each: each.name)
UNNAMED = st.builds(ColSpec, NESTED).map(lambda one: [one]) | st.builds(TensorSpec, DTYPES, SHAPES).map(lambda one: [one])
SCHEMAS = st.none() | (COLUMNS | TENSORS | UNNAMED).map(Schema)
PARAMS = st.sampled_from(
    [
        None,
        ParamSchema([ParamSpec("temperature", DataType.double, 0.5), ParamSpec("stop", DataType.string, ["a"], (-1,))]),
        ParamSchema([ParamSpec("since", DataType.datetime, np.datetime64("2026-01-01")), ParamSpec("seed", DataType.long, None)]),
    ]
)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, SCHEMAS, PARAMS)
def test_nothing_is_lost(inputs: Schema | None, outputs: Schema | None, params: ParamSchema | None) -> None:
    if inputs is None and outputs is None and params is None:
        assert to_mlflow(from_mlflow(None)) is None
        return
    signature = ModelSignature(inputs, outputs, params)
    there_and_back = to_mlflow(from_mlflow(signature))
    assert there_and_back is not None
    assert there_and_back.to_dict() == signature.to_dict()
    assert from_mlflow(there_and_back) == from_mlflow(signature)


def test_a_signature_that_mlflow_inferred() -> None:
    frame = pd.DataFrame(
        {"distance": [1.5, 2.0], "carrier": ["AA", "B6"], "at": [pd.Timestamp("2026-01-01")] * 2, "tags": [["a"], ["b", "c"]]}
    )
    signature = infer_signature(frame, np.zeros((2, 3), dtype=np.float32), params={"top": 3})
    found = from_mlflow(signature)
    assert [(each.name, each.dtype) for each in found.inputs] == [
        ("distance", DType.FP64),
        ("carrier", DType.STRING),
        ("at", DType.TIMESTAMP),
        ("tags", DType.LIST),
    ]
    assert found.inputs[3].items == (Field("", DType.STRING),)
    assert found.outputs == (Field("", DType.FP32, (-1, 3)),)
    assert (found.layout, found.output_layout) == (Layout.COLUMNS, Layout.TENSORS)
    assert [(each.field.name, each.default) for each in found.params] == [("top", 3)]
    assert to_mlflow(found) == signature


def test_what_mlflow_has_no_type_for_is_said() -> None:
    with pytest.raises(ValueError, match="MLflow has no UINT8 in such a place \\('pixel'\\)"):
        to_mlflow(Signature((Field("pixel", DType.UINT8),)))
    with pytest.raises(ValueError, match="tensor 'wave' has the type complex64"):
        from_mlflow(ModelSignature(Schema([TensorSpec(np.dtype("complex64"), (-1, 2), "wave")])))
