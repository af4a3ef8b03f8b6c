"""Texts that are timestamps: ISO 8601, or the one form that a column was seen to have."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "D": r"(?P<day>[0-9]{1,2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "N": r"(?P<name>[A-Za-z]{3,9})",
    "Y": r"(?P<year>[0-9]{4})",
    "y": r"(?P<year>[0-9]{2})",
}
# Order of day (D), month (M, as a name N) and year (Y, of two digits y), and what stands between them
FORMS = tuple(
    f"{order[0]}{mark}{order[1]}{mark}{order[2]}"
    for order in ("DMY", "MDY", "YMD", "DMy", "MDy", "DNY", "DNy", "NDY", "YND")
    for mark in (".", "/", "-", " ")
)
COMPACT = "YMD"  # 20231231
_CLOCK = (
    r"(?:[T ,]+(?P<hour>[0-9]{1,2})[:.h](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)


def parse_iso(text: str) -> datetime | None:
    """ISO 8601, also with a space for the T; None for another text."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def parse_form(text: str, form: str) -> datetime | None:
    """A text of one of ``FORMS`` or ``COMPACT``, with or without a time of day; None for another text, or a day that doesn't exist."""
    found = _pattern(form).fullmatch(text.strip())
    if not found:
        return None
    part = found.groupdict()
    month = _MONTHS.index(part["name"][:3].lower()) + 1 if _is_month(part.get("name")) else int(part.get("month") or 0)
    try:
        return datetime(_year(part["year"]), month, int(part["day"]), *_clock(part))  # noqa: DTZ001  as it is written
    except ValueError:
        return None


def parse(text: str, form: str) -> datetime | None:
    """ISO 8601, which means the same everywhere, else by ``form``. With an offset it is converted to UTC."""
    moment = parse_iso(text) or (parse_form(text, form) if form else None)
    try:
        return moment.astimezone(UTC) if moment and moment.tzinfo else moment
    except OverflowError:
        return None


def _is_month(name: str | None) -> bool:
    return bool(name) and str(name)[:3].lower() in _MONTHS


def _year(digits: str) -> int:
    """Of two digits as POSIX reads them: 69 to 99 are 1969 to 1999."""
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 69 else 2000)


def _clock(part: dict[str, str | None]) -> tuple[int, int, int, int]:
    """Raises ValueError for a time that doesn't exist."""
    hour, half = int(part["hour"] or 0), (part["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((part["fraction"] or "0")[:6].ljust(6, "0"))
    return hour, int(part["minute"] or 0), int(part["second"] or 0), micro


@lru_cache(maxsize=64)
def _pattern(form: str) -> re.Pattern[str]:
    if form == COMPACT:
        return re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})" + _CLOCK)
    first, mark, second, _, third = list(form)
    gap = r"[ ,.]+" if mark == " " else re.escape(mark)
    return re.compile(gap.join(_PARTS[part] for part in (first, second, third)) + _CLOCK)
