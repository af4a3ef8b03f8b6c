"""The first half of a TrainingJob's story: the question, the rows and what was chosen where the manifest left it open."""

from collections.abc import Iterator, Mapping

from modelyard_api.architectures import Architecture
from modelyard_api.data import ColumnRole, Split, SplitBy
from modelyard_api.metrics import Metric, Task
from modelyard_api.objective import Criterion, TargetFrom, default_criteria
from modelyard_api.training_job import TrainingJobSpec

from modelyard_cli.explanation.criteria import wanted
from modelyard_cli.explanation.text import joined

_PARTS = (
    ("rows.train", "to train on"),
    ("rows.validation", "to choose and to stop by"),
    ("rows.test", "for the test"),
    ("rows.reference", "set aside for the monitor"),
    ("rows.left_out", "left out before a boundary"),
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
    task = objective.task or resolved.get("task", "")
    metric = objective.metric or resolved.get("metric", "")
    yield f"Predict {objective.target}{derived}{f': {task}' if task else ''}{f', judged by {metric}' if metric else ''}."
    criteria = tuple(objective.require or ()) or _default_criteria(metric)
    if criteria:
        stated = "" if objective.require else " (the manifest names none; these are the default)"
        yield f"To be promoted{stated}, on rows it never saw: {joined([wanted(each) for each in criteria])}."


def _derivation(rule: TargetFrom) -> str:
    condition = f"above {rule.above:g}" if rule.above is not None else f"below {rule.below:g}" if rule.below is not None else "a given text"
    return f"true where {rule.column} is {condition}"


def _default_criteria(metric: str) -> tuple[Criterion, ...]:
    return default_criteria(Metric(metric)) if metric in set(Metric) else ()


def data_used(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
    """Source, rows, parts and columns."""
    used = f"; {int(resolved['rowsUsed']):,} rows could be used" if resolved.get("rowsUsed", "").isdigit() else ""
    yield f"Read from {spec.data.source.uri}{used}."
    parts = [f"{int(resolved[key]):,} {purpose}" for key, purpose in _PARTS if resolved.get(key, "").isdigit() and int(resolved[key])]
    divided = f"Divided {_split(spec.data.split, resolved)}"
    yield f"{divided}: {joined(parts)}." if parts else f"{divided}."
    ignored = [column.name for column in spec.data.columns or () if column.role is ColumnRole.IGNORED]
    if ignored:
        yield f"Left out, as the manifest says: {joined(ignored)}."
    if features := resolved.get("features"):
        yield f"The model reads {features}."


def _split(split: Split, resolved: Mapping[str, str]) -> str:
    is_regression = resolved.get("task") == "Regression"
    by = SplitBy.RANDOM if is_regression and split.by is SplitBy.STRATIFIED else split.by
    return _SPLITS[by].format(column=split.column)


def chosen(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
    """What the manifest left open, and why it became what it is."""
    task, classes = resolved.get("task", ""), resolved.get("classes", "")
    if spec.objective.task is None and task:
        yield f"{task}, because {_seen(task, classes)}."
    if spec.objective.metric is None and (metric := resolved.get("metric")):
        yield f"{metric}: the usual metric for {_question(task, classes)}."
    architecture = resolved.get("architecture")
    if architecture and spec.model.architecture is Architecture.AUTO:
        yield f"{architecture}: of Linear, RandomForest and MLP the simplest within one standard error of the best."
    elif architecture:
        yield f"{architecture}, as the manifest says."
    if parameters := resolved.get("parameters"):
        yield f"Its parameters: {parameters}."
    if epoch := resolved.get("bestEpoch"):
        yield f"Kept as it was after epoch {epoch}, where it did best on the validation rows."


def _seen(task: str, classes: str) -> str:
    if task == Task.REGRESSION:
        return "the target is a number with many different values"
    return f"the target has the classes {classes}" if classes else "the target has few different values"


def _question(task: str, classes: str) -> str:
    if task == Task.REGRESSION:
        return "a number"
    return "two classes" if classes.count(", ") == 1 else "more than two classes"
