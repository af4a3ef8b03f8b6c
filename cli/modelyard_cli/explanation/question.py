"""The first half of a TrainingJob's story: the question, the rows and what was chosen where the manifest left it open."""

from collections.abc import Iterator, Mapping

from modelyard_api import rendering
from modelyard_api.artifacts import Resolved
from modelyard_api.catalogue.architectures import Architecture, automatic, listed
from modelyard_api.catalogue.metrics import METRICS, Metric
from modelyard_api.catalogue.tasks import TASKS, Task
from modelyard_api.data import ColumnRole, Data, SplitBy
from modelyard_api.objective import Criterion, TargetFrom, default_criteria
from modelyard_api.training_job import TrainingJobSpec

from modelyard_cli.explanation.text import joined

_PARTS = (
    (Resolved.ROWS_TRAIN, "to train on"),
    (Resolved.ROWS_VALIDATION, "to choose and to stop by"),
    (Resolved.ROWS_TEST, "for the test"),
    (Resolved.ROWS_REFERENCE, "set aside for the monitor"),
    (Resolved.ROWS_LEFT_OUT, "left out before a boundary"),
)
_SPLITS = {
    SplitBy.RANDOM: "by chance, row by row",
    SplitBy.STRATIFIED: "by chance, with the same share of each class",
    SplitBy.GROUP: "by group: rows with the same {column} stay together",
    SplitBy.TIME: "by time: the latest rows by {column} are the test",
}


def asked(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
    """The question and its criteria."""
    objective = spec.objective
    derived = f" ({_derivation(objective.target_from)})" if objective.target_from else ""
    task = objective.task or resolved.get(Resolved.TASK, "")
    metric = objective.metric or resolved.get(Resolved.METRIC, "")
    question = f"Predict {objective.target}{derived}{f': {task}' if task else ''}" if objective.target else task
    yield f"{question}{f', judged by {metric}' if metric else ''}."
    criteria = tuple(objective.require or ()) or _default_criteria(metric)
    if criteria:
        stated = "" if objective.require else " (the manifest names none; these are the default)"
        yield f"To be promoted{stated}, on rows it never saw: {joined([rendering.describe_criterion(each) for each in criteria])}."


def _derivation(rule: TargetFrom) -> str:
    condition = f"above {rule.above:g}" if rule.above is not None else f"below {rule.below:g}" if rule.below is not None else "a given text"
    return f"true where {rule.column} is {condition}"


def _default_criteria(metric: str) -> tuple[Criterion, ...]:
    return default_criteria(Metric(metric)) if metric in METRICS else ()


def data_used(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
    """Source, rows, parts and columns."""
    used = number(resolved, Resolved.ROWS_USED)
    yield f"Read from {spec.data.source.uri}{f'; {used:,} rows could be used' if used is not None else ''}."
    parts = [f"{count:,} {purpose}" for key, purpose in _PARTS if (count := number(resolved, key))]
    divided = f"Divided {_split(spec.data, resolved)}"
    yield f"{divided}: {joined(parts)}." if parts else f"{divided}."
    ignored = [column.name for column in spec.data.columns or () if column.role is ColumnRole.IGNORED]
    if ignored:
        yield f"Left out, as the manifest says: {joined(ignored)}."
    typed = [f"{column.name} as {column.type}" for column in spec.data.columns or () if column.type and column.role is ColumnRole.FEATURE]
    if typed:
        yield f"Read as the manifest says: {joined(typed)}."
    if spec.data.key:
        yield f"A row is named by {joined(spec.data.key)}."
    if duplicates := resolved.get(Resolved.DUPLICATES):
        yield f"Rows that are equal but for the target: {duplicates}."
    if features := resolved.get(Resolved.FEATURES):
        yield f"The model reads {features}."


def number(resolved: Mapping[str, str], key: Resolved) -> int | None:
    """The value of ``key``; None where there is none, or another release wrote something else."""
    text = resolved.get(key, "")
    return int(text) if text.isdigit() else None


def _split(data: Data, resolved: Mapping[str, str]) -> str:
    has_no_classes = _predicts_number(resolved.get(Resolved.TASK, ""))
    by = SplitBy.RANDOM if has_no_classes and data.split.by is SplitBy.STRATIFIED else data.split.by
    return _SPLITS[by].format(column=data.split_column)


def chosen(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
    """What the manifest left open, and why it became what it is."""
    task, classes = resolved.get(Resolved.TASK, ""), resolved.get(Resolved.CLASSES, "")
    if spec.objective.task is None and task:
        yield f"{task}, because {_seen(task, classes)}."
    if spec.objective.metric is None and (metric := resolved.get(Resolved.METRIC)):
        yield f"{metric}: the usual metric for {_question(task, number(resolved, Resolved.CLASS_COUNT))}."
    architecture = resolved.get(Resolved.ARCHITECTURE)
    if architecture and spec.model.architecture is Architecture.AUTO:
        tried = automatic(Task(task) if task in TASKS else None)
        yield f"{architecture}: of {listed(tried)} the simplest within one standard error of the best."
    elif architecture:
        yield f"{architecture}, as the manifest says."
    if parameters := resolved.get(Resolved.PARAMETERS):
        yield f"Its parameters: {parameters}."
    if epoch := resolved.get(Resolved.BEST_EPOCH):
        yield f"Kept as it was after epoch {epoch}, where it did best on the validation rows."
    if fitted_on := resolved.get(Resolved.FITTED_ON):
        yield f"Fitted on: {fitted_on}."


def _predicts_number(task: str) -> bool:
    return task in TASKS and not TASKS[task].has_classes


def _seen(task: str, classes: str) -> str:
    if _predicts_number(task):
        return "the target is a number with many different values"
    return f"the target has the classes {classes}" if classes else "the target has few different values"


def _question(task: str, classes: int | None) -> str:
    if _predicts_number(task):
        return "a number"
    if classes is None:  # 0.1.0 only named them
        return "its classes"
    return "two classes" if classes == 2 else "more than two classes"
