"""``data.json``: what came in, what was left out and what was filled. Counts and names, never values."""

from collections.abc import Mapping

import polars as pl

from modelyard_jobs.data.dataset import Dataset
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.splitting.assignment import Assignment


def describe(files: SourceFiles, data: Dataset, assignment: Assignment, fills: Mapping[str, str]) -> dict[str, object]:
    """``fills``: what stands in for missing values, per feature."""
    copies = assignment.copies
    kinds = {feature.name: feature.type.value for feature in data.features.columns}
    return {
        "source": {
            "uri": files.uri,
            "sha256": files.digest,
            "bytes": files.size,
            "files": [{"key": file.key, "bytes": file.size, "sha256": file.sha256} for file in files.files],
        },
        "rows": {"read": data.rows_read, "used": data.rows_used, "dropped": data.dropped, **assignment.sizes()},
        "equalRows": {
            "are": copies.duplicates.value,
            "pairs": copies.pairs,
            "pairsByChance": copies.expected_pairs,
            "largestSet": copies.largest_set,
            "comparedBy": list(assignment.rule.columns),
        },
        "reading": [note.to_wire() for note in data.notes],
        "columns": [_column(column, data, kinds, fills) for column in data.read.get_columns()],
        "classes": _classes(data),
    }


def _column(column: pl.Series, data: Dataset, kinds: Mapping[str, str], fills: Mapping[str, str]) -> dict[str, object]:
    name = column.name
    described: dict[str, object] = {
        "name": name,
        "stored": str(column.dtype),
        "feature": kinds.get(name, ""),  # empty: not a feature
        "missingAsRead": data.missing_before[name],
    }
    if name in kinds:
        used = data.features.frame[name]
        described |= {"missingInUsedRows": used.null_count(), "filledBy": fills.get(name, ""), "distinct": used.n_unique()}
    return described


def _classes(data: Dataset) -> dict[str, int]:
    if not data.target.classes:
        return {}
    return {name: int((data.target.values == code).sum()) for code, name in enumerate(data.target.classes)}
