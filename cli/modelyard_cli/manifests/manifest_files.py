"""Reads manifests; what can't be read or is no resource of ours is said with its file and document."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import Object

from modelyard_cli.errors import WrongUsage

_ENDINGS = (".yaml", ".yml", ".json")
_CHILDREN = frozenset({"Lease", "Event"})  # nobody writes these by hand


@dataclass(frozen=True)
class Manifest:
    """One resource, and where it was written."""

    body: Object
    source: str  # file, and the document's number where there are several
    folder: Path  # what relative paths in it start from


def read(files: Sequence[str], namespace: str) -> list[Manifest]:
    """All of ``-f``; resources without a namespace get ``namespace``. Raises WrongUsage."""
    found = [manifest for file in files for manifest in _read_one(file, namespace)]
    if not found:
        raise WrongUsage(f"no resources in {', '.join(files)}")
    return found


def _read_one(file: str, namespace: str) -> Iterator[Manifest]:
    if file == "-":
        yield from _documents(sys.stdin.read(), "standard input", Path.cwd(), namespace)
        return
    path = Path(file)
    if path.is_dir():
        inside = sorted(each for each in path.iterdir() if each.suffix in _ENDINGS and each.is_file())
        if not inside:
            raise WrongUsage(f"folder {file} has no file that ends in {', '.join(_ENDINGS)}")
    elif path.exists():
        inside = [path]
    else:
        raise WrongUsage(f"there is no file or folder {file}")
    for each in inside:
        yield from _documents(_text(each), str(each), each.parent, namespace)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WrongUsage(f"{path} is not text in UTF-8, so it's no manifest") from None


def _documents(text: str, source: str, folder: Path, namespace: str) -> Iterator[Manifest]:
    try:
        documents = [each for each in yaml.load_all(text, _StrictLoader) if each is not None]
    except yaml.YAMLError as error:
        raise WrongUsage(f"{source} is not valid YAML: {_place(error)}") from error
    for number, document in enumerate(documents, 1):
        where = source if len(documents) == 1 else f"{source}, document {number}"
        for body in _unpacked(document, where):
            yield Manifest(_checked(body, where, namespace), where, folder)


def _unpacked(document: Any, where: str) -> list[Any]:
    if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
        return list(document["items"])
    if not isinstance(document, dict):
        raise WrongUsage(f"{where} is no resource: a manifest has apiVersion, kind, metadata and spec")
    return [document]


def _checked(body: Any, where: str, namespace: str) -> Object:
    """A resource of a kind that we know, with a name and a namespace."""
    if not isinstance(body, dict) or not body.get("kind") or not body.get("apiVersion"):
        raise WrongUsage(f"{where} is no resource: it needs apiVersion and kind, such as modelyard.io/v1alpha1 and TrainingJob")
    kind = ALL_KINDS.get(str(body["kind"]))
    if kind is None or kind.name in _CHILDREN:
        raise WrongUsage(f"{where}: kind {body['kind']} can't be applied here; known are {', '.join(sorted(set(ALL_KINDS) - _CHILDREN))}")
    if body["apiVersion"] != kind.api_version:
        raise WrongUsage(f"{where}: apiVersion of a {kind.name} has to be {kind.api_version}, not {body['apiVersion']}")
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        raise WrongUsage(f"{where}: metadata.name is missing (a text)")
    return {**body, "metadata": {**metadata, "namespace": metadata.get("namespace") or namespace}}


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, as the API server does, and leaves timestamps text, as JSON does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """See SafeLoader."""
        seen: set[Any] = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if key_node.tag != "tag:yaml.org,2002:merge" and isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep)


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else str(problem)
