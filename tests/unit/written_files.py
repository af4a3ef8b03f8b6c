"""Files as tests write them: a table as text in some form, and several files in one zip."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """How a table is written as text."""

    separator: str
    encoding: str
    quoting: int
    newline: str
    before: str  # what stands before the header

    def bytes_of(self, names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
        """The file: ``names`` as its header, then the rows."""
        text = io.StringIO()
        text.write(self.before)
        writer = csv.writer(text, delimiter=self.separator, quoting=self.quoting, lineterminator=self.newline)  # type: ignore[arg-type]
        writer.writerows([names, *rows])
        return text.getvalue().encode(self.encoding)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip file of ``members`` by their names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()
