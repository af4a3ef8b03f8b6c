"""Evidence: true only with a key that counts, for exactly the version that was signed, also while keys are replaced."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from modelyard_api import labels
from modelyard_operator.registry.evidence import Keyring, KeysUnusable, as_tags, claimed, keys_in
from modelyard_operator.registry.interface import Evidence

OLD, NEW = b"o" * 32, b"n" * 32
EVIDENCE = Evidence("team-b.victim", "3", "m-1", "d" * 64, "team-b", "uid-1", "TrainingJob victim: all criteria hold")


def ring(**keys: bytes) -> Keyring:
    return Keyring(lambda: keys)


def test_what_was_signed_is_read_back_from_the_tags() -> None:
    tags = as_tags(EVIDENCE, ring(k1=OLD).sign(EVIDENCE))
    assert list(tags)[-1] == labels.TAG_EVIDENCE
    read = claimed("team-b.victim", "3", "m-1", tags)
    assert read == EVIDENCE
    assert ring(k1=OLD).is_valid(read, tags[labels.TAG_EVIDENCE])


@pytest.mark.parametrize("field", [field.name for field in fields(Evidence)])
def test_a_signature_is_for_no_other_version(field: str) -> None:
    """Tags copied to another version, model or namespace, or changed, are worth nothing."""
    signature = ring(k1=OLD).sign(EVIDENCE)
    assert not ring(k1=OLD).is_valid(replace(EVIDENCE, **{field: getattr(EVIDENCE, field) + "0"}), signature)


def test_values_do_not_run_into_their_neighbours() -> None:
    moved = replace(EVIDENCE, version="31", model_id=EVIDENCE.model_id[1:])
    assert ring(k1=OLD).sign(moved) != ring(k1=OLD).sign(replace(EVIDENCE, version="3", model_id=f"1{EVIDENCE.model_id[1:]}"))


@pytest.mark.parametrize("signature", ["", ".", "1", "1.k1", "1.k1.", "1.k2.abc", "2.k1.abc", "1..abc", "1.k1.é"])
def test_what_is_no_signature(signature: str) -> None:
    assert not ring(k1=OLD).is_valid(EVIDENCE, signature)


def test_a_key_is_replaced_without_a_gap() -> None:
    before = ring(**{"2026-01": OLD}).sign(EVIDENCE)
    both = ring(**{"2026-01": OLD, "2026-07": NEW})
    assert both.is_valid(EVIDENCE, before)
    assert not both.is_newest(before)
    again = both.sign(EVIDENCE)
    assert both.is_newest(again)
    after = ring(**{"2026-07": NEW})
    assert after.is_valid(EVIDENCE, again)
    assert not after.is_valid(EVIDENCE, before)


def test_the_tenth_key_is_newer_than_the_second() -> None:
    assert ring(**{"2": OLD, "10": NEW}).sign(EVIDENCE) == ring(**{"10": NEW}).sign(EVIDENCE)


def test_a_key_of_the_same_id_made_anew_is_another_key() -> None:
    assert not ring(k1=NEW).is_valid(EVIDENCE, ring(k1=OLD).sign(EVIDENCE))


def test_keys_are_files_that_may_change(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..2026").write_bytes(b"not a key")
    (tmp_path / "k1").write_bytes(OLD + b"\n")
    keyring = Keyring(keys_in(tmp_path))
    signature = keyring.sign(EVIDENCE)
    assert ring(k1=OLD).is_valid(EVIDENCE, signature)
    (tmp_path / "k2").write_bytes(NEW)
    assert not keyring.is_newest(signature)
    (tmp_path / "k1").unlink()
    assert not keyring.is_valid(EVIDENCE, signature)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no key": (lambda folder: None, "there is none"),
    "a short one": (lambda folder: (folder / "k1").write_bytes(b"short"), "k1 can't be used"),
    "a name with a dot": (lambda folder: (folder / "k.1").write_bytes(OLD), "k.1 can't be used"),
    "no folder": (lambda folder: folder.rmdir(), "can't be read: No such file or directory"),
}


@pytest.mark.parametrize(("spoil", "told"), WRONG.values(), ids=WRONG)
def test_unusable_keys_are_said(spoil: Callable[[Path], object], told: str, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    spoil(folder)
    with pytest.raises(KeysUnusable, match=told):
        Keyring(keys_in(folder))
