"""What a simulation found: a table for docs/statistics.md, and which requirements it missed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


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


def write(name: str, outcome: Outcome, page: Path) -> None:
    """Replaces what stands between the markers of that name."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = page.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end)
    page.write_text(f"{before}{start}\n\n{outcome.markdown()}\n{end}{after}", encoding="utf-8")
