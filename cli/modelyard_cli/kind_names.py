"""What people call a kind (``tj``, ``pods``, ``trainingjob.modelyard.io``) and a resource (``tj/flights``)."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, SERVICE, TRAINING_JOB, Kind

from modelyard_cli.errors import WrongUsage

# as kubectl has them; those of our own kinds stand in their CustomResourceDefinitions
_SHORT_NAMES = {
    "po": "Pod",
    "svc": "Service",
    "deploy": "Deployment",
    "cj": "CronJob",
    "ev": "Event",
    "cm": "ConfigMap",
    "pdb": "PodDisruptionBudget",
    "netpol": "NetworkPolicy",
}
_CATEGORIES: Mapping[str, tuple[Kind, ...]] = {
    "all": (TRAINING_JOB, MODEL_DEPLOYMENT, POD, SERVICE, DEPLOYMENT, CRON_JOB, JOB),
    "modelyard": (TRAINING_JOB, MODEL_DEPLOYMENT),
}


@dataclass(frozen=True)
class Reference:
    """One resource, or all of a kind when it has no name."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:  # noqa: D105
        return f"{full_name(self.kind)}/{self.name}"


def full_name(kind: Kind) -> str:
    """``trainingjob.modelyard.io``, ``pod``: how kubectl writes a kind in front of a name."""
    return ".".join(part for part in (kind.name.lower(), kind.group) if part)


def kinds_called(words: str) -> tuple[Kind, ...]:
    """Of ``tj``, of ``tj,md`` or of ``all``; raises WrongUsage."""
    return tuple(dict.fromkeys(kind for word in words.split(",") for kind in _called(word.strip().lower())))


def kind_called(word: str) -> Kind:
    """Of a word that means one kind; raises WrongUsage."""
    kinds = kinds_called(word)
    if len(kinds) != 1:
        raise WrongUsage(f"{word!r} stands for several kinds; name one, such as tj")
    return kinds[0]


def references(words: Sequence[str]) -> list[Reference]:
    """Of ``tj``, ``tj a b``, ``tj,md`` or ``tj/a md/b``; raises WrongUsage."""
    if not words:
        raise WrongUsage("name a kind (tj, md, pods, all …) or a resource (tj/flights)")
    if any("/" in word for word in words):
        return [_with_slash(word) for word in words]
    kinds, names = kinds_called(words[0]), words[1:]
    if not names:
        return [Reference(kind) for kind in kinds]
    return [Reference(kind, name) for kind in kinds for name in names]


def named(words: Sequence[str]) -> list[Reference]:
    """As ``references``, where each needs a name."""
    found = references(words)
    if nameless := next((each for each in found if not each.name), None):
        raise WrongUsage(f"which {nameless.kind.name}? Give its name, such as {short_name(nameless.kind)}/flights")
    return found


def one_named(words: Sequence[str], default: Kind | None = None) -> Reference:
    """Exactly one; a lone word without a slash is the name of a ``default``."""
    if default and len(words) == 1 and "/" not in words[0]:
        return Reference(default, words[0])
    found = named(words)
    if len(found) != 1:
        raise WrongUsage(f"one resource at a time, not {len(found)}")
    return found[0]


def short_name(kind: Kind) -> str:
    """The shortest word for a kind."""
    return min((word for word, name in _words().items() if name == kind.name), key=len)


def all_words() -> list[str]:
    """One word per kind, and the categories: what a shell may complete."""
    own = [short for short, kind in _own_short_names()]
    return [*own, *_CATEGORIES, *sorted(kind.plural for kind in ALL_KINDS.values())]


def _called(word: str) -> tuple[Kind, ...]:
    if word in _CATEGORIES:
        return _CATEGORIES[word]
    words = _words()
    if word not in words:
        near = difflib.get_close_matches(word, [*words, *_CATEGORIES], n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise WrongUsage(f"there is no kind {word!r}{hint}; known are {', '.join(all_words())}")
    return (ALL_KINDS[words[word]],)


def _with_slash(word: str) -> Reference:
    kind, _, name = word.partition("/")
    if not kind or not name or "/" in name:
        raise WrongUsage(f"{word!r} has to be kind/name, such as tj/flights; don't mix it with names that have no kind")
    return Reference(kind_called(kind), name)


def _words() -> dict[str, str]:
    """Every word for a kind -> the kind's name."""
    words: dict[str, str] = {}
    for kind in ALL_KINDS.values():
        for word in (kind.name.lower(), kind.plural):
            words |= {word: kind.name, f"{word}.{kind.group}".rstrip("."): kind.name}
    return words | _SHORT_NAMES | dict(_own_short_names())


def _own_short_names() -> Iterable[tuple[str, str]]:
    from modelyard_api.crds.resources import RESOURCES  # noqa: PLC0415  # loads pydantic

    return ((resource.short, resource.kind) for resource in RESOURCES)
