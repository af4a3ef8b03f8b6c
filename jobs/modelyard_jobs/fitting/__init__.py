"""Fits models to rows: preparation, the built-in architectures, the choice between them and the trivial baseline.

The way through: ``plan_columns`` (what is a feature, and what fills its gaps) → ``Problem`` and ``Rows`` → ``fit_model`` → a ``TabularModel`` that takes raw
rows, saved with ``modelyard_model.saving.save_model``. Everything that is wrong with data or settings is an ``InvalidRequest`` with its reason.
"""

from modelyard_jobs.columns.column_training import PlannedColumn
from modelyard_jobs.columns.matrices import raw_columns
from modelyard_jobs.fitting.estimators import Baseline, fit_baseline
from modelyard_jobs.fitting.fit import fit_model
from modelyard_jobs.fitting.preparing import ColumnPlan, fit_preparation, plan_columns
from modelyard_jobs.fitting.problem import EpochReport, FittedModel, LeaderboardRow, Problem, Rows
from modelyard_jobs.fitting.selection import score

__all__ = [
    "Baseline",
    "ColumnPlan",
    "EpochReport",
    "FittedModel",
    "LeaderboardRow",
    "PlannedColumn",
    "Problem",
    "Rows",
    "fit_baseline",
    "fit_model",
    "fit_preparation",
    "plan_columns",
    "raw_columns",
    "score",
]
