"""Resources as they are read back, and waiting for what they will say."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

Object = dict[str, Any]
Answer = TypeVar("Answer")
_ASK_EVERY, _HEARD_EVERY = 0.5, 15.0  # seconds


class NotInTime(Exception):
    """What was waited for did not happen."""


def condition(resource: Object, kind: str) -> Object:
    """A condition by its type; empty when there is none."""
    found: list[Object] = resource.get("status", {}).get("conditions", [])
    return next((each for each in found if each["type"] == kind), {})


def wait_until(what: str, seconds: float, probe: Callable[[], Answer | None], said: Callable[[str], None] = lambda _: None) -> Answer:
    """Ask ``probe`` again and again until it answers; raises ``NotInTime`` after ``seconds``. ``said`` hears about it every 15 s."""
    began = time.monotonic()
    heard = began
    while True:
        answer = probe()
        if answer:
            return answer
        now = time.monotonic()
        if now - began > seconds:
            raise NotInTime(f"{what}: not within {seconds:.0f} s")
        if now - heard > _HEARD_EVERY:
            said(f"still waiting: {what} ({now - began:.0f} s)")
            heard = now
        time.sleep(_ASK_EVERY)
