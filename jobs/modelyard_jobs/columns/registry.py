"""The column types that training knows. A new one is a file and a line here (and one in ``modelyard_model.columns.registry``)."""

from modelyard_api.data import ColumnType

from modelyard_jobs.columns.categorical import Categorical
from modelyard_jobs.columns.datetime import Datetime
from modelyard_jobs.columns.fitter import ColumnFitter
from modelyard_jobs.columns.numerical import Numerical

_fitters: dict[str, ColumnFitter] = {}


def register(kind: str, fitter: ColumnFitter) -> None:
    """Makes a type known to training."""
    _fitters[kind] = fitter


def fitter_of(kind: str) -> ColumnFitter:
    """Of a registered type."""
    return _fitters[kind]


register(ColumnType.NUMERICAL, Numerical())
register(ColumnType.CATEGORICAL, Categorical())
register(ColumnType.DATETIME, Datetime())
