"""The metrics that objectives, criteria and monitors may name, what they need and which way is better."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from modelyard_api.catalogue.names import Catalogue, Name
from modelyard_api.catalogue.tasks import TASKS, Task


class Metric(Name):
    """Names as scikit-learn and MLflow write them. Those that rules of the platform speak of are attributes."""

    ROC_AUC: ClassVar["Metric"]  # binary, or one-versus-rest macro average
    AVERAGE_PRECISION: ClassVar["Metric"]
    ACCURACY: ClassVar["Metric"]
    BALANCED_ACCURACY: ClassVar["Metric"]
    F1: ClassVar["Metric"]  # of the positive class; binary only
    F1_MACRO: ClassVar["Metric"]
    PRECISION: ClassVar["Metric"]
    RECALL: ClassVar["Metric"]
    LOG_LOSS: ClassVar["Metric"]
    BRIER: ClassVar["Metric"]
    RMSE: ClassVar["Metric"]
    MAE: ClassVar["Metric"]
    R2: ClassVar["Metric"]


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Need(StrEnum):
    """What a metric has to be given."""

    PROBABILITIES = "probabilities"
    RANKING = "ranking"  # probabilities, of which only the order counts
    EVERY_CLASS = "rows of every class"  # says nothing where a class has too few
    TWO_CLASSES = "two classes"


class Spread(StrEnum):
    """How far chance moves a metric on a test split of a given size, as far as that is known before anything is trained."""

    AREA = "area"  # pairs of rows of different classes
    ROWS = "rows"  # a share of all rows
    POSITIVES = "positives"  # a share of the rows of the second class
    CLASSES = "classes"  # the mean of a share of each class
    ERROR = "error"  # a mean over rows: see relative_spread


@dataclass(frozen=True)
class MetricSpec:
    """What is known of a metric without data."""

    name: str
    tasks: frozenset[Task]
    direction: Direction
    measure: str  # its measure: "package.module:attribute"
    spread: Spread
    needs: frozenset[Need] = frozenset()
    bounds: tuple[float | None, float | None] = (0.0, None)  # None: no end on that side
    relative_spread: float = 1.0  # standard error times the root of the rows; of an error as a share of its value

    @property
    def lower_is_better(self) -> bool:
        """Errors and losses."""
        return self.direction is Direction.LOWER

    @property
    def of_classes(self) -> bool:
        """Whether it is of predictions that are classes."""
        return any(TASKS[task].has_classes for task in self.tasks)

    @property
    def binary_only(self) -> bool:
        """Whether it looks at one of two classes."""
        return Need.TWO_CLASSES in self.needs


_CLASSES, _NUMBERS = frozenset({Task.CLASSIFICATION}), frozenset({Task.REGRESSION})
_UP, _DOWN = Direction.HIGHER, Direction.LOWER
_SHARE = (0.0, 1.0)
_TWO = frozenset({Need.TWO_CLASSES, Need.EVERY_CLASS})
_EACH = frozenset({Need.EVERY_CLASS})
_RANKING = frozenset({Need.RANKING, Need.PROBABILITIES, Need.EVERY_CLASS})
_PROBABILITIES = frozenset({Need.PROBABILITIES, Need.EVERY_CLASS})
_MEASURES = "modelyard_jobs.evaluation.measures"
METRICS: Catalogue[Metric, MetricSpec] = Catalogue(
    Metric,
    MetricSpec("roc_auc", _CLASSES, _UP, f"{_MEASURES}:ROC_AUC", Spread.AREA, _RANKING, _SHARE),
    MetricSpec("average_precision", _CLASSES, _UP, f"{_MEASURES}:AVERAGE_PRECISION", Spread.POSITIVES, _RANKING | _TWO, _SHARE),
    MetricSpec("accuracy", _CLASSES, _UP, f"{_MEASURES}:ACCURACY", Spread.ROWS, frozenset(), _SHARE),
    MetricSpec("balanced_accuracy", _CLASSES, _UP, f"{_MEASURES}:BALANCED_ACCURACY", Spread.CLASSES, _EACH, _SHARE),
    MetricSpec("f1", _CLASSES, _UP, f"{_MEASURES}:F1", Spread.POSITIVES, _TWO, _SHARE),
    MetricSpec("f1_macro", _CLASSES, _UP, f"{_MEASURES}:F1_MACRO", Spread.CLASSES, _EACH, _SHARE),
    MetricSpec("precision", _CLASSES, _UP, f"{_MEASURES}:PRECISION", Spread.POSITIVES, _TWO, _SHARE),
    MetricSpec("recall", _CLASSES, _UP, f"{_MEASURES}:RECALL", Spread.POSITIVES, _TWO, _SHARE),
    MetricSpec("log_loss", _CLASSES, _DOWN, f"{_MEASURES}:LOG_LOSS", Spread.ERROR, _PROBABILITIES),
    MetricSpec("brier", _CLASSES, _DOWN, f"{_MEASURES}:BRIER", Spread.ERROR, _PROBABILITIES | _TWO, _SHARE),
    MetricSpec("rmse", _NUMBERS, _DOWN, f"{_MEASURES}:RMSE", Spread.ERROR, relative_spread=0.5**0.5),  # of normal errors
    MetricSpec("mae", _NUMBERS, _DOWN, f"{_MEASURES}:MAE", Spread.ERROR, relative_spread=0.75),
    MetricSpec(  # at 0.5, after Olkin and Finn, Psychological Bulletin 118 (1995)
        "r2", _NUMBERS, _UP, f"{_MEASURES}:R2", Spread.ERROR, bounds=(None, 1.0), relative_spread=2 * 0.5**0.5 * 0.5
    ),
)
for _metric in METRICS:
    setattr(Metric, _metric.upper(), _metric)
_MARGIN, _RELATIVE_MARGIN = 0.01, 0.02
STANDARD_ERRORS_TO_DECIDE = 2.8  # 1.96 for the 95 % interval and 0.84 to decide in 80 % of the cases


def metrics_of(task: Task, classes: int = 2) -> frozenset[Metric]:
    """The metrics that are defined for ``task``, with as many ``classes`` where it has classes."""
    return frozenset(metric for metric, spec in METRICS.items() if task in spec.tasks and (classes == 2 or not spec.binary_only))


def default_metric(task: Task, classes: int) -> Metric:
    """What training optimises when the manifest names no metric."""
    spec = TASKS[task]
    return Metric(spec.default_metric_of_two if classes == 2 and spec.default_metric_of_two else spec.default_metric)


def lower_is_better(metric: Metric) -> bool:
    """Errors and losses."""
    return METRICS[metric].lower_is_better


def is_binary_only(metric: Metric) -> bool:
    """Whether it looks at one of two classes."""
    return METRICS[metric].binary_only


def default_margin(metric: Metric, opponent_value: float | None) -> float | None:
    """How much worse than its opponent still counts as not worse, in the metric's unit: 0.01, or 2 % of ``opponent_value`` for an error.

    None where it is relative and the opponent's value isn't known.
    """
    if not lower_is_better(metric):
        return _MARGIN
    return None if opponent_value is None else _RELATIVE_MARGIN * opponent_value


def rows_to_decide(rows: int, standard_error: float, distance: float) -> float:
    """About how many rows decide a criterion in 80 % of the cases, where ``rows`` gave ``standard_error`` and the limit is ``distance`` away."""
    return rows * (STANDARD_ERRORS_TO_DECIDE * standard_error / distance) ** 2
