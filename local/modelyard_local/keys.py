"""The keys of the local S3 and of the evidence on versions: made once per home, kept where only its owner can read them."""

import secrets

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modelyard_local import disk
from modelyard_local.home import Home


class KeysUnreadable(Exception):
    """The file is there and is not what was written."""


class Keys(BaseModel):
    """``home.secrets`` as JSON. They may do everything in every bucket: one person, one machine."""

    model_config = ConfigDict(frozen=True)

    s3_access_key: str = Field(min_length=1)
    s3_secret_key: str = Field(min_length=1, repr=False)
    evidence_key: str = Field("", repr=False)  # empty: a home of 0.1.0, before its next start


def read(home: Home) -> Keys | None:
    """None before the platform's first start. Raises KeysUnreadable."""
    try:
        return Keys.model_validate_json(home.secrets.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise KeysUnreadable(f"{home.secrets} is damaged; delete it, then `modelyard up` makes new keys") from None


def read_or_make(home: Home) -> Keys:
    """The same ones at every start."""
    found = read(home)
    if found is None:
        found = Keys(s3_access_key=f"local-{secrets.token_hex(6)}", s3_secret_key=secrets.token_urlsafe(30))
    if not found.evidence_key:
        found = found.model_copy(update={"evidence_key": secrets.token_hex(32)})
        disk.write(home.secrets, found.model_dump_json(indent=2) + "\n")
    return found
