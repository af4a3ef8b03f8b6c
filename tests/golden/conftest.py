"""Golden files: what is rendered, compared with a stored manifest as YAML text.

``MODELYARD_UPDATE_GOLDEN=1`` writes the files anew; read the difference before committing it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

UPDATE = "MODELYARD_UPDATE_GOLDEN"


class _Plain(yaml.SafeDumper):
    """Every value written out, even where two are one object in memory."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(*objects: Any) -> str:
    """The objects as YAML documents, as a person would want to read them."""
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``golden("name.yaml", obj, …)``: the objects are what the file of that name next to the test says."""

    def compare(name: str, *objects: Any) -> None:
        file = Path(request.path).parent / name
        rendered = as_yaml(*objects)
        if os.environ.get(UPDATE):
            file.write_text(rendered)
        assert file.exists(), f"{file} is missing: run the test with {UPDATE}=1"
        assert rendered == file.read_text(), f"{name} differs: if that is meant, run the test with {UPDATE}=1"

    return compare
