"""``reference.parquet``: rows that no fitting saw, with the model's answers and the truth: what a monitor compares later windows with."""

from pathlib import Path

import polars as pl
from modelyard_api.artifacts import REFERENCE
from modelyard_api.request_log import GROUP_COLUMN, INPUT_PREFIX, LABEL, OUTPUT_PREFIX
from modelyard_model.tabular_model import TabularModel

from modelyard_jobs.fitting import raw_columns
from modelyard_jobs.training_data import TrainingData


def write(data: TrainingData, model: TabularModel, folder: Path) -> int:
    """Writes the sample into the model's ``folder``; gives its number of rows."""
    rows = data.assignment.reference
    frame = data.frame(rows)[[item.name for item in model.inputs]]
    cells = raw_columns(frame, frame.columns)
    answers, kept = model.predict(cells).as_columns(), model.summarise({name: list(values) for name, values in cells.items()})
    inputs = [
        (frame[field.name] if field.name in frame.columns else pl.Series(kept[field.name])).alias(INPUT_PREFIX + field.name)
        for field in model.logged
    ]
    names = data.assignment.names
    groups = names.of(rows) if names else [str(group) for group in data.assignment.group[rows].tolist()]
    sample = pl.DataFrame(inputs).with_columns(
        *(pl.Series(OUTPUT_PREFIX + name, values) for name, values in answers.items()),
        pl.Series(LABEL, data.dataset.target.labels(rows), dtype=pl.String),
        pl.Series(GROUP_COLUMN, groups, dtype=pl.String),
    )
    sample.write_parquet(folder / REFERENCE)
    return len(rows)
