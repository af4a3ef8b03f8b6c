"""The metrics that objectives, criteria and monitors may name, what they need and which way is better."""

from enum import StrEnum


class Task(StrEnum):
    """What kind of question the model answers."""

    CLASSIFICATION = "Classification"
    REGRESSION = "Regression"


class Metric(StrEnum):
    """Names as scikit-learn and MLflow write them."""

    ROC_AUC = "roc_auc"  # binary, or one-versus-rest macro average
    AVERAGE_PRECISION = "average_precision"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    F1 = "f1"  # of the positive class; binary only
    F1_MACRO = "f1_macro"
    PRECISION = "precision"
    RECALL = "recall"
    LOG_LOSS = "log_loss"
    BRIER = "brier"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"


REGRESSION_METRICS = frozenset({Metric.RMSE, Metric.MAE, Metric.R2})
CLASSIFICATION_METRICS = frozenset(Metric) - REGRESSION_METRICS
BINARY_ONLY = frozenset({Metric.F1, Metric.PRECISION, Metric.RECALL, Metric.AVERAGE_PRECISION, Metric.BRIER})
LOWER_IS_BETTER = frozenset({Metric.LOG_LOSS, Metric.BRIER, Metric.RMSE, Metric.MAE})
_MARGIN, _RELATIVE_MARGIN = 0.01, 0.02
STANDARD_ERRORS_TO_DECIDE = 2.8  # 1.96 for the 95 % interval and 0.84 to decide in 80 % of the cases


def metrics_of(task: Task) -> frozenset[Metric]:
    """The metrics that are defined for ``task``."""
    return REGRESSION_METRICS if task is Task.REGRESSION else CLASSIFICATION_METRICS


def default_metric(task: Task, classes: int) -> Metric:
    """What training optimises when the manifest names no metric."""
    if task is Task.REGRESSION:
        return Metric.RMSE
    return Metric.ROC_AUC if classes == 2 else Metric.F1_MACRO


def default_margin(metric: Metric, opponent_value: float | None) -> float | None:
    """How much worse than its opponent still counts as not worse, in the metric's unit: 0.01, or 2 % of ``opponent_value`` for an error.

    None where it is relative and the opponent's value isn't known.
    """
    if metric not in LOWER_IS_BETTER:
        return _MARGIN
    return None if opponent_value is None else _RELATIVE_MARGIN * opponent_value


def rows_to_decide(rows: int, standard_error: float, distance: float) -> float:
    """About how many rows decide a criterion in 80 % of the cases, where ``rows`` gave ``standard_error`` and the limit is ``distance`` away."""
    return rows * (STANDARD_ERRORS_TO_DECIDE * standard_error / distance) ** 2
