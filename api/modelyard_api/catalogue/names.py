"""Enumerations that grow, the facts behind their names, and what does the work for a name."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Protocol, Self, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class _Listed(type):
    """Makes a class of names a collection of them, as an enumeration is."""

    def __iter__(cls) -> Iterator[Any]:
        """In the order in which they were registered."""
        return iter(cls._known.values())  # type: ignore[attr-defined]

    def __len__(cls) -> int:
        """How many there are."""
        return len(cls._known)  # type: ignore[attr-defined]

    def __contains__(cls, text: object) -> bool:
        """Whether a text is one of them."""
        return text in cls._known  # type: ignore[attr-defined]


class Name(str, metaclass=_Listed):
    """A registered name: text on the wire and in files. Equal names of one class are one object, as with an enumeration's members."""

    __slots__ = ()
    _known: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        """Every class has names of its own."""
        cls._known = {}

    def __new__(cls, text: str) -> Self:
        """Raises ValueError for a name that nobody registered."""
        if text not in cls._known:
            raise ValueError(f"{text!r} is none of {', '.join(cls._known)}")
        found: Self = cls._known[text]
        return found

    @classmethod
    def register(cls, text: str) -> Self:
        """The name from now on; the same again where it was registered before."""
        known: Self = cls._known.setdefault(text, str.__new__(cls, text))
        return known

    @classmethod
    def forget(cls, text: str) -> None:
        """Takes back ``register``."""
        cls._known.pop(text, None)

    @property
    def value(self) -> str:
        """Plain text."""
        return str.__str__(self)

    @classmethod
    def _read(cls, text: str) -> Self:
        if text in cls:
            return cls(text)
        *most, last = map(repr, map(str, cls))
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": f"{', '.join(most)} or {last}" if most else last})

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """A text that is one of the names."""
        to_text = core_schema.to_string_ser_schema()
        return core_schema.no_info_after_validator_function(cls._read, core_schema.str_schema(), serialization=to_text)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """An enumeration of what is registered when the schema is made."""
        return {"type": "string", "enum": [str(name) for name in cls]}


class Spec(Protocol):
    """Facts about a name."""

    @property
    def name(self) -> str:
        """As manifests write it."""


N = TypeVar("N", bound=Name)
S = TypeVar("S", bound=Spec)


class Catalogue(Mapping[N, S]):
    """Names with their facts, in order."""

    def __init__(self, names: type[N], *specs: S) -> None:
        self._names = names
        self._specs: dict[str, S] = {}
        for spec in specs:
            self.add(spec)

    def add(self, spec: S) -> None:
        """One more. Raises ValueError where the name has facts already."""
        if spec.name in self._specs:
            raise ValueError(f"{spec.name} is registered already")
        self._specs[self._names.register(spec.name)] = spec

    def remove(self, name: str) -> None:
        """Takes back ``add``."""
        del self._specs[name]
        self._names.forget(name)

    def __getitem__(self, name: str) -> S:
        """Raises KeyError."""
        return self._specs[name]

    def __iter__(self) -> Iterator[N]:
        """The names."""
        return (self._names(name) for name in self._specs)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._specs)


@cache
def implementation(path: str) -> Any:
    """What ``path`` ("package.module:attribute") names; the module is imported when it is first needed."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
