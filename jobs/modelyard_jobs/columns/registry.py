"""What does the work for each column type of the catalogue."""

from modelyard_api.catalogue.column_types import COLUMN_TYPES
from modelyard_api.catalogue.names import implementation

from modelyard_jobs.columns.column_training import ColumnTraining


def training_of(kind: str) -> ColumnTraining:
    """Of a column type, by its name."""
    found: ColumnTraining = implementation(COLUMN_TYPES[kind].training)()
    return found
