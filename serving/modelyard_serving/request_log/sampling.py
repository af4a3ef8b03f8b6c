"""Which requests are logged."""

import hashlib


def is_sampled(request_id: str, ratio: float) -> bool:
    """The same answer for the same id everywhere, so that a request that is tried again is logged both times or never."""
    if ratio >= 1.0:
        return True
    digest = hashlib.blake2b(request_id.encode("ascii", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) < ratio * 2**64
