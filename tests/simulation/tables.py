"""What a simulation found: a table for docs/statistics.md, and which requirements it missed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

START, END = "<!-- make simulate writes from here -->", "<!-- to here -->"


@dataclass(frozen=True)
class Outcome:
    """One table."""

    title: str
    explanation: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    failures: Sequence[str] = field(default=())  # one sentence per missed requirement

    def markdown(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"### {self.title}\n\n{self.explanation}\n\n{table}\n"


def write(outcomes: Sequence[Outcome], page: Path) -> None:
    """Replaces what stands between the markers."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    tables = "\n".join(outcome.markdown() for outcome in outcomes)
    page.write_text(f"{before}{START}\n\n{tables}\n{END}{after}", encoding="utf-8")
