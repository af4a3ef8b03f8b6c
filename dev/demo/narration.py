"""How the demo speaks: numbered steps, what to look at, and progress on long waits."""

import time

_BEGAN = time.monotonic()
_step = 0


def step(title: str) -> None:
    """A numbered heading with the time since the start."""
    global _step  # noqa: PLW0603
    _step += 1
    print(f"\n\033[1m{_step}. {title}\033[0m  [{elapsed()}]", flush=True)


def tell(*lines: str) -> None:
    """Indented lines under the heading."""
    for line in lines:
        for part in line.splitlines() or [""]:
            print(f"   {part}", flush=True)


def elapsed() -> str:
    """Minutes and seconds since the start."""
    seconds = int(time.monotonic() - _BEGAN)
    return f"{seconds // 60}:{seconds % 60:02d}"
