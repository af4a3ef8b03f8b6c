"""``spec.objective``: the task of a TrainingJob, and the criteria that its model has to meet."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from modelyard_api.base import ATOMIC, ApiModel, ColumnName, described, rules, when_made
from modelyard_api.catalogue.metrics import METRICS, Metric, default_metric, metrics_of
from modelyard_api.catalogue.tasks import MOST_CLASSES, TASKS, Shown, Task, has_classes, tasks_without_target, usual_task


class Opponent(StrEnum):
    """What a model can be compared with."""

    BASELINE = "baseline"  # the trivial model: majority class or mean
    CHAMPION = "champion"  # the version at the promotion alias


class Bound(StrEnum):
    """The four kinds of criteria."""

    AT_LEAST = "AtLeast"
    AT_MOST = "AtMost"
    BETTER_THAN = "BetterThan"
    NOT_WORSE_THAN = "NotWorseThan"


def _of_its_task(metric: str) -> str:
    """A CEL expression: that a metric is one of those of the task. The first task stands where it is none of the others."""
    first, *others = (f"{metric} in [{', '.join(repr(str(each)) for each in sorted(metrics_of(task)))}]" for task in TASKS)
    by_task = (f"self.task == '{task}' ? {member} : " for task, member in zip([*TASKS][1:], others, strict=True))
    return "".join(by_task) + first


def _whose_metrics() -> str:
    """Which metrics are for which task, for people."""
    first, *others = TASKS
    named = [f"{_and(metrics)} are for {task}" for task in others if (metrics := _in_order(task))]
    return f"{'; '.join(named)}, the others for {first}"


def _and(metrics: Sequence[Metric]) -> str:
    return f"{', '.join(metrics[:-1])} and {metrics[-1]}" if len(metrics) > 1 else metrics[0]


def _usual_metrics() -> str:
    """What ``default_metric`` gives, for people."""
    with_classes = [(default_metric(task, 2), default_metric(task, 3)) for task in TASKS if has_classes(task)]
    numbers = [f"{default_metric(task, 0)} for {task}" for task in TASKS if not has_classes(task)]
    return ", ".join([*(f"{two} for two classes, {more} for more" for two, more in with_classes), *numbers])


def _in_order(task: Task) -> list[Metric]:
    return [metric for metric, spec in METRICS.items() if task in spec.tasks]


_ONE_BOUND = "[has(self.atLeast), has(self.atMost), has(self.betterThan), has(self.notWorseThan)].filter(x, x).size() == 1"
_ONE_CONDITION = "[has(self.above), has(self.below), has(self.equals)].filter(x, x).size() == 1"


def _needed() -> JsonDict:
    """What the target and the metrics have to be, by the tasks and metrics of the catalogue."""
    without = tasks_without_target()
    if not without:
        return {"required": ["target"], **rules(*_rules())}
    needed = f"has(self.target) || (has(self.task) && {_one_of(without)})"
    return rules(*_rules(), (needed, f"objective.target is needed: the column to predict (only {' and '.join(without)} can do without)"))


def _rules() -> tuple[tuple[str, str], ...]:
    with_classes = [task for task in TASKS if has_classes(task)]
    return (
        (f"!has(self.task) || !has(self.metric) || ({_of_its_task('self.metric')})", f"metric does not fit the task: {_whose_metrics()}"),
        (
            f"!has(self.task) || !has(self.require) || self.require.all(c, {_of_its_task('c.metric')})",
            f"a criterion's metric does not fit the task: {_whose_metrics()}",
        ),
        (
            f"!has(self.targetFrom) || !has(self.task) || {_one_of(with_classes)}",
            f"targetFrom makes a yes/no target: task has to be {' or '.join(with_classes)}",
        ),
        ("!has(self.targetFrom) || has(self.target)", "targetFrom needs target: the name of the derived column"),
        (
            "!has(self.targetFrom) || !has(self.target) || self.targetFrom.column != self.target",
            "targetFrom.column has to be another column than target",
        ),
    )


def _one_of(tasks: Sequence[Task]) -> str:
    """A CEL expression."""
    first, *others = tasks
    return f"self.task in [{', '.join(repr(str(task)) for task in tasks)}]" if others else f"self.task == '{first}'"


def _default_tasks() -> str:
    amounts, classes = usual_task(Shown.AMOUNTS), usual_task(Shown.CLASSES)
    return f"{' or '.join(TASKS)}. Default: {amounts} where the target is a number with more than {MOST_CLASSES} distinct values, else {classes}."


class TargetFrom(ApiModel):
    """A yes/no target derived from another column."""

    model_config = ConfigDict(json_schema_extra=rules((_ONE_CONDITION, "targetFrom needs exactly one of above, below or equals")))

    column: ColumnName = Field(description="The column the target is derived from. It is never used as a feature.")
    above: float | None = Field(None, description="The target is true where the column is greater than this.")
    below: float | None = Field(None, description="The target is true where the column is less than this.")
    equals: Annotated[str, Field(max_length=256)] | None = Field(None, description="The target is true where the column equals this text.")


class Criterion(ApiModel):
    """One success criterion. It is judged on the untouched test split, with an interval: Held, Missed or Inconclusive."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (_ONE_BOUND, "a criterion needs exactly one of atLeast, atMost, betterThan or notWorseThan"),
            ("!has(self.by) || has(self.betterThan) || has(self.notWorseThan)", "by only goes with betterThan or notWorseThan"),
        )
    )

    metric: Metric = Field(description="The metric that is judged.")
    at_least: float | None = Field(None, description="The metric has to be this or more.")
    at_most: float | None = Field(None, description="The metric has to be this or less.")
    better_than: Opponent | None = Field(
        None,
        description="baseline (the trivial model) or champion (the version at the promotion alias; without one the criterion holds).",
    )
    not_worse_than: Opponent | None = Field(
        None,
        description="As betterThan, but it may be worse by less than the margin that by gives. Against the champion it is judged against the anchor as well: the last version that entered by betterThan, else the first.",
    )
    by: float | None = Field(
        None,
        ge=0,
        json_schema_extra=described(
            lambda: (
                "With betterThan: the improvement has to exceed this; default 0. With notWorseThan: the margin, in the metric's unit; default 0.01, or 2 % of"
                f" the opponent's value for {_and([metric for metric, spec in METRICS.items() if spec.lower_is_better])}."
            )
        ),
    )

    @property
    def bound(self) -> Bound:
        """Which of the four it is."""
        if self.at_least is not None:
            return Bound.AT_LEAST
        if self.at_most is not None:
            return Bound.AT_MOST
        return Bound.BETTER_THAN if self.better_than is not None else Bound.NOT_WORSE_THAN

    @property
    def opponent(self) -> Opponent | None:
        """What it compares with; None: the metric itself is judged."""
        return self.better_than or self.not_worse_than


class Objective(ApiModel):
    """The question: what is predicted, what counts as good, and what a model must show to be promoted."""

    model_config = ConfigDict(json_schema_extra=when_made(_needed))

    task: Task | None = Field(None, json_schema_extra=described(_default_tasks))
    target: ColumnName | None = Field(None, description="The column to predict, or with targetFrom the name of the derived one.")
    target_from: TargetFrom | None = Field(None, description="Derives a yes/no target from another column.")
    metric: Metric | None = Field(
        None,
        json_schema_extra=described(lambda: f"What training optimises and selection compares. Default: {_usual_metrics()}."),
    )
    require: Annotated[list[Criterion], Field(max_length=16)] | None = Field(
        None,
        description="Success criteria. All must hold before a version is registered and promoted. Default: better than the baseline, and not worse than the champion.",
        json_schema_extra=ATOMIC,
    )

    @model_validator(mode="after")
    def _names_a_target(self) -> Self:
        """As the API server requires it."""
        if self.target is None and not (self.task and not TASKS[self.task].has_target):
            raise PydanticCustomError("missing", "target is required: the column to predict")
        return self


def default_criteria(metric: Metric) -> tuple[Criterion, ...]:
    """The criteria where the manifest names none, in the order in which evidence for them is reported."""
    return (
        Criterion(metric=metric, better_than=Opponent.BASELINE),
        Criterion(metric=metric, not_worse_than=Opponent.CHAMPION),
    )
