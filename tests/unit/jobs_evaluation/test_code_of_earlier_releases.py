"""A model brings the code of the release that trained it, and the fresh process of a later release works with that code."""

import ast
from pathlib import Path

from modelyard_jobs.evaluation import fresh_process
from modelyard_model import errors, pyfunc_loader

IN_EVERY_RELEASE = {
    "modelyard_model.errors": {"InvalidInput", "ModelFilesInvalid"},
    "modelyard_model.pyfunc_loader": {"load_model", "verify_expected"},
}


def test_the_fresh_process_imports_only_what_every_release_has() -> None:
    tree = ast.parse(Path(fresh_process.__file__).read_text(encoding="utf-8"))
    inside = [node for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in ast.walk(function)]
    found = {node.module: {name.name for name in node.names} for node in inside if isinstance(node, ast.ImportFrom) and node.module}
    ours = {module: names for module, names in found.items() if module.startswith("modelyard_model")}
    assert ours.keys() == IN_EVERY_RELEASE.keys()
    assert all(names <= IN_EVERY_RELEASE[module] for module, names in ours.items())


def test_this_release_has_it_too() -> None:
    assert all(hasattr(errors, name) for name in IN_EVERY_RELEASE["modelyard_model.errors"])
    assert all(hasattr(pyfunc_loader, name) for name in IN_EVERY_RELEASE["modelyard_model.pyfunc_loader"])
