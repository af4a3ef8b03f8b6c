"""``model.json``: what the model answers. ``expected.json``: some rows and the answers it gave when it was saved."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from modelyard_api.catalogue.tasks import Task
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from modelyard_model.errors import ModelFilesInvalid

MODEL_FILE = "model.json"
EXPECTED_FILE = "expected.json"


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelDocument(_Document):
    """``classes`` in the order of the outputs, empty for Regression, whose outputs are ``target_mean + target_scale * output``."""

    format: Literal[1] = 1
    architecture: str
    task: Task
    classes: tuple[str, ...]
    target_mean: FiniteFloat = 0.0
    target_scale: Annotated[FiniteFloat, Field(gt=0)] = 1.0


class ExpectedDocument(_Document):
    """Raw rows and answers, by column."""

    inputs: dict[str, list[float | str | None]]
    outputs: dict[str, list[float | str]]


_D = TypeVar("_D", bound=_Document)


def read_document(kind: type[_D], path: Path) -> _D:
    """Raises ModelFilesInvalid when the file is missing or has another shape, e.g. because a newer Modelyard wrote it."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelFilesInvalid(f"{path.name} is not among the model's files") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ModelFilesInvalid(f"{path.name} can't be read: {where}: {first['msg']}") from None


def write_document(document: BaseModel, path: Path) -> None:
    """Indented, for a person's eyes."""
    path.write_text(document.model_dump_json(indent=2) + "\n", encoding="utf-8")
