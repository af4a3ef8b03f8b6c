"""Evidence that a version was accepted: an HMAC over what it is, kept as tags on the version, made and checked by the operator alone.

A tag can be written by whoever may edit the registered model; a signature only with a key that is mounted into the operator. HMAC-SHA256 is that of
RFC 2104, over a JSON array, in which no value can run into its neighbour.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path

from modelyard_api import labels

from modelyard_operator.registry.interface import Evidence, RegistryUnavailable

SHORTEST_KEY = 32  # bytes: as long as the hash
_FORMAT = "1"
_KEY_ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")  # no dot: it separates the parts of a signature
_SIGNED_TAGS = (labels.TAG_DIGEST, labels.TAG_NAMESPACE, labels.TAG_UID, labels.TAG_ACCEPTED)


class KeysUnusable(RegistryUnavailable):
    """There is no key to sign or to check with; the message says what to do."""


def as_tags(evidence: Evidence, signature: str) -> dict[str, str]:
    """As they are written to the version. The signature comes last: it says that all are there."""
    values = (evidence.digest, evidence.namespace, evidence.uid, evidence.accepted)
    return {**dict(zip(_SIGNED_TAGS, values, strict=True)), labels.TAG_EVIDENCE: signature}


def claimed(name: str, version: str, model_id: str, tags: Mapping[str, str]) -> Evidence:
    """What the tags of a version say; true only with the signature."""
    return Evidence(name, version, model_id, *(tags.get(tag, "") for tag in _SIGNED_TAGS))


class Keyring:
    """Signs with the key whose id comes last (1, 2, … 10, or dates) and accepts the signatures of all, so that one can be replaced without a gap.

    ``read`` gives the keys by id and is asked every time: Kubernetes replaces mounted files while the operator runs.
    """

    def __init__(self, read: Callable[[], Mapping[str, bytes]]) -> None:
        """Raises KeysUnusable if there is none now."""
        self._read = read
        read()

    def sign(self, evidence: Evidence) -> str:
        """``1.<key id>.<hex>``. Raises KeysUnusable."""
        keys = self._read()
        newest = _last(keys)
        return f"{_FORMAT}.{newest}.{_hmac(keys[newest], evidence)}"

    def is_valid(self, evidence: Evidence, signature: str) -> bool:
        """Whether one of the keys made it. Raises KeysUnusable."""
        form, _, rest = signature.partition(".")
        key_id, _, given = rest.partition(".")
        key = self._read().get(key_id)
        return form == _FORMAT and key is not None and hmac.compare_digest(_hmac(key, evidence).encode(), given.encode())

    def is_newest(self, signature: str) -> bool:
        """Whether it was made with the key that signs now."""
        return signature.split(".")[1:2] == [_last(self._read())]


def keys_in(directory: Path) -> Callable[[], Mapping[str, bytes]]:
    """One file per key; its name is the key's id. What Kubernetes adds to a mounted Secret begins with a dot or two, which no id has."""

    def read() -> Mapping[str, bytes]:
        try:
            files = [path for path in sorted(directory.iterdir()) if path.is_file() and not path.name.startswith(".")]
            keys = {path.name: path.read_bytes().strip() for path in files}
        except OSError as error:
            raise KeysUnusable(f"the evidence keys in {directory} can't be read: {error.strerror}") from error
        wrong = [name for name, key in keys.items() if not _KEY_ID.fullmatch(name) or len(key) < SHORTEST_KEY]
        if wrong or not keys:
            told = f"{wrong[0]} can't be used" if wrong else "there is none"
            rule = f"a key is a file of {SHORTEST_KEY} bytes or more, named by small letters, digits and '-'"
            raise KeysUnusable(f"evidence keys in {directory}: {told}; {rule}")
        return keys

    return read


def _last(keys: Iterable[str]) -> str:
    return max(keys, key=lambda key_id: (len(key_id), key_id))


def _hmac(key: bytes, evidence: Evidence) -> str:
    return hmac.new(key, json.dumps([_FORMAT, *astuple(evidence)]).encode(), hashlib.sha256).hexdigest()
