"""What the server needs of a model; ``modelyard_model`` provides it, tests may provide something smaller."""

from typing import Protocol

from modelyard_model.cells.input_column import InputColumn
from modelyard_model.signature import Columns, DType, Field, Model
from modelyard_model.text_files import Separator

__all__ = ["Columns", "ServedModel", "datatype", "is_number", "output_names"]


class ServedModel(Model, Protocol):
    """A loaded model of columns, which are read from texts too."""

    @property
    def inputs(self) -> tuple[InputColumn, ...]:
        """The columns it reads, in order: those of its signature, with how their cells are read."""

    @property
    def logged(self) -> tuple[Field, ...]:
        """What the request log keeps of the inputs."""

    def summarise(self, columns: Columns) -> Columns:
        """Checked rows as ``logged`` says."""

    @property
    def separator(self) -> Separator:
        """Between fields of the text that it was trained on: of a request in CSV that doesn't show another."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What outcomes and answers that are texts can be; empty where they are numbers."""


def output_names(model: Model) -> tuple[str, ...]:
    """The columns of every answer, in order."""
    return tuple(field.name for field in model.signature.outputs)


def datatype(field: Field) -> str:
    """In the Open Inference Protocol, which has BYTES for whatever is no number."""
    return field.dtype if field.dtype.startswith(("BOOL", "INT", "UINT", "FP")) else "BYTES"


def is_number(field: Field) -> bool:
    """Whether JSON has it as a number."""
    return field.dtype is not DType.BOOL and datatype(field) != "BYTES"
