"""``data.json``: what came in, what was left out and what was filled. Counts and names, never values."""

from typing import TYPE_CHECKING

from modelyard_jobs.data.dataset import Dataset
from modelyard_jobs.data.source import SourceFiles

if TYPE_CHECKING:
    import polars as pl

FILE = "data.json"


def describe(files: SourceFiles, data: Dataset, parts: dict[str, int], used: "pl.DataFrame") -> dict[str, object]:
    """``used``: the canonical features; ``parts``: rows per part of the split."""
    return {
        "source": {
            "uri": files.uri,
            "sha256": files.digest,
            "bytes": files.size,
            "files": [{"key": file.key, "bytes": file.size, "sha256": file.sha256} for file in files.files],
        },
        "rows": {"read": data.rows_read, "used": data.raw.height, "dropped": data.dropped, **parts},
        "columns": [_column(name, data, used) for name in data.raw.columns],
        "classes": _classes(data),
    }


def _column(name: str, data: Dataset, used: "pl.DataFrame") -> dict[str, object]:
    kinds = {feature.name: feature.type.value for feature in data.features.columns}
    described: dict[str, object] = {
        "name": name,
        "stored": str(data.raw.schema[name]),
        "feature": kinds.get(name, ""),  # empty: not a feature
        "missingAsRead": data.missing_before[name],
    }
    if name in kinds:
        described |= {"missingInUsedRows": used[name].null_count(), "missingAfterPreparation": 0, "distinct": used[name].n_unique()}
    return described


def _classes(data: Dataset) -> dict[str, int]:
    if not data.target.classes:
        return {}
    return {name: int((data.target.values == code).sum()) for code, name in enumerate(data.target.classes)}
