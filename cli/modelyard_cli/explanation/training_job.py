"""A TrainingJob in sentences: the task, the data, what was chosen, how it did, and why it was or wasn't promoted."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard_api import rendering
from modelyard_api.artifacts import Resolved
from modelyard_api.catalogue.architectures import Architecture, automatic, listed
from modelyard_api.catalogue.metrics import METRICS, Metric
from modelyard_api.catalogue.tasks import TASKS, Task
from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.data import ColumnRole, Data, SplitBy
from modelyard_api.objective import Criterion, TargetFrom, default_criteria
from modelyard_api.rendering import sentence
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec
from modelyard_api.verdicts import CriterionState
from modelyard_operator.kube.interface import Object
from modelyard_operator.training import approval

from modelyard_cli.explanation.reasons import meaning
from modelyard_cli.explanation.text import Explanation, counted, duration, joined, other_warnings, read, section, when

_PARTS = (
    (Resolved.ROWS_TRAIN, "to train on"),
    (Resolved.ROWS_VALIDATION, "to choose and to stop by"),
    (Resolved.ROWS_TEST, "for the test"),
    (Resolved.ROWS_REFERENCE, "held out for the monitor"),
    (Resolved.ROWS_LEFT_OUT, "left out before a boundary"),
)
_SPLITS = {
    SplitBy.RANDOM: "by chance, row by row",
    SplitBy.STRATIFIED: "by chance, with the same share of each class",
    SplitBy.GROUP: "by group: rows with the same {column} stay together",
    SplitBy.TIME: "by time: the latest rows by {column} are the test",
}
_SUMMARIES = {
    "Pending": "It waits to begin.",
    "Suspended": "It is suspended.",
    "Running": "It trains.",
    "Evaluating": "It has been trained and is being judged.",
    "Registering": "Its model is being registered.",
    "ApprovalPending": "Its model meets all criteria and waits for somebody's approval.",
    "Promoting": "Its model is being promoted.",
    "Promoted": "Its model was promoted: it is the one in use.",
    "CriteriaNotMet": "Its model was trained and not promoted: it misses a criterion.",
    "Inconclusive": "Its model was trained and not promoted: the test rows can't tell whether it is good enough.",
    "Failed": "It failed: there is no model.",
}
_METRICS_SHOWN = 8
_LOG_TELLS = frozenset(
    {Reason.RETRIES_EXHAUSTED, Reason.DISRUPTIONS_EXHAUSTED, Reason.UNEXPECTED_ERROR, Reason.OOM_KILLED, Reason.RESULT_MISSING}
)


def task_and_criteria(spec: TrainingJobSpec, resolved: Mapping[str, str]) -> Iterator[str]:
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


def explain_training_job(resource: Object, events: Sequence[Object] = ()) -> Explanation:
    """Pure. Raises CommandError for a resource of another version."""
    spec, status = read(TrainingJobSpec, resource, "spec"), read(TrainingJobStatus, resource, "status")
    resolved = {each.name: each.value for each in status.resolved}
    name, namespace = resource["metadata"]["name"], resource["metadata"].get("namespace", "default")
    deciding = deciding_condition(status)
    sections = [
        *section("The task", task_and_criteria(spec, resolved)),
        *section("The data", data_used(spec, resolved)),
        *section("What was chosen", chosen(spec, resolved)),
        *section("How it went", _course(status)),
        *section("How it did", _results(status, resolved)),
        *section("Why", _why(status, deciding)),
        *section("To look at", (*map(sentence, status.warnings), *map(sentence, other_warnings(events)))),
        *section("What to do", _to_do(resource, status, deciding)),
    ]
    state = status.state or "Pending"
    return Explanation(f"TrainingJob {name} in {namespace}: {state}", _summary(status, deciding), tuple(sections))


def deciding_condition(status: TrainingJobStatus) -> Condition | None:
    """The one that says why the TrainingJob is where it is."""
    by_type: Mapping[str, Condition] = {each.type: each for each in status.conditions}
    failed = by_type.get(TrainingCondition.FAILED)
    if failed and failed.status == "True":
        return failed
    suspended = by_type.get(TrainingCondition.SUSPENDED)
    if status.state == "Suspended" and suspended:
        return suspended
    latest_first = (TrainingCondition.PROMOTED, TrainingCondition.REGISTERED, TrainingCondition.RUNNING)
    return next((by_type[each] for each in latest_first if each in by_type), None)


def _summary(status: TrainingJobStatus, deciding: Condition | None) -> str:
    if deciding and deciding.reason == Reason.PROMOTED_OUTSIDE_GATES:
        return "Its model is in use, because somebody moved the alias to it by hand; not all criteria hold."
    if deciding and deciding.reason == Reason.ALIAS_MOVED and approval.may_be_approved(status.result):
        by = status.promotion.by if status.promotion else "somebody"
        return f"Its model was promoted, because {by} approved it although the test rows can't tell whether it is good enough."
    return _SUMMARIES.get(status.state, _SUMMARIES["Pending"] if not status.state else f"Its state is {status.state}.")


def _course(status: TrainingJobStatus) -> Iterator[str]:
    for attempt in status.attempts:
        if attempt.outcome not in {"Running", "Succeeded"}:
            reason = f" ({attempt.reason})" if attempt.reason else ""
            yield sentence(f"Attempt {attempt.number} ended as {attempt.outcome}{reason}: {attempt.message}")
    if status.state == "Running" and status.progress and status.progress.epochs:
        values = ", ".join(f"{each.name} {each.value:.4g}" for each in status.progress.metrics)
        yield f"It is at epoch {status.progress.epoch} of at most {status.progress.epochs}{f': {values}' if values else ''}."
    if status.start_time and status.attempts:
        done = f", finished {when(status.completion_time)}" if status.completion_time else ""
        ran = f", ran for {duration(status.running_seconds)}" if status.running_seconds else ""
        yield f"Started {when(status.start_time)}{done}: {counted(len(status.attempts), 'attempt')}{ran}."
    if status.mlflow and status.mlflow.url:
        yield f"The run in MLflow has the rest: {status.mlflow.url}"


def _results(status: TrainingJobStatus, resolved: Mapping[str, str]) -> Iterator[str]:
    if status.result is None:
        return
    test_rows = number(resolved, Resolved.ROWS_TEST)
    rows = f" of {test_rows:,} rows" if test_rows is not None else ""
    measured = ", ".join(f"{each.name} {each.value:.4g}" for each in status.result.metrics[:_METRICS_SHOWN])
    more = len(status.result.metrics) - _METRICS_SHOWN
    if measured:
        yield f"On the test split{rows}, which was looked at once: {measured}{f' and {more} more, see the run' if more > 0 else ''}."
    yield from (f"{rendering.describe_verdict(one)}." for one in status.result.verdict)
    if status.result.champion_version:
        yield f"The champion that it was compared with is version {status.result.champion_version}."
    if status.result.anchor_version and status.result.anchor_version != status.result.champion_version:
        yield f"The anchor that it was compared with besides is version {status.result.anchor_version}."
    if status.result.test_uses is not None:
        yield f"Earlier runs judged on the same test rows: {status.result.test_uses}."


def _why(status: TrainingJobStatus, deciding: Condition | None) -> Iterator[str]:
    if deciding is None:
        yield "The operator hasn't looked at it yet."
        return
    yield meaning(deciding).says
    record = status.promotion
    if deciding.reason == Reason.ALIAS_MOVED and record:
        instead = f" in place of version {record.from_version}" if record.from_version else ", the first one"
        yield f"{record.by or 'Somebody'} moved the alias {record.alias} to version {record.to_version}{instead}, {when(record.at)}."
    elif not _only_repeats_verdicts(status, deciding):
        yield sentence(deciding.message)


def _only_repeats_verdicts(status: TrainingJobStatus, deciding: Condition) -> bool:
    """Whether the message names criteria that were said already. (0.1.0 had no reason of its own for a comparison that failed.)"""
    has_shortfall = status.result is not None and any(one.state is not CriterionState.HELD for one in status.result.verdict)
    return has_shortfall and deciding.reason in {Reason.CRITERIA_NOT_MET, Reason.COMPARISON_INCONCLUSIVE}


def _to_do(resource: Object, status: TrainingJobStatus, deciding: Condition | None) -> Iterator[str]:
    name = resource["metadata"]["name"]
    if deciding:
        yield meaning(deciding).do
    if deciding and deciding.reason == Reason.COMPARISON_INCONCLUSIVE and approval.may_be_approved(status.result):
        if approval.is_to_be_promoted(resource, status):
            yield f"{approval.approver(resource)} has approved it all the same: it is registered and promoted."
        else:
            yield f"If you know that it is good enough: modelyard approve tj/{name} promotes it all the same, and records your name."
    if status.state == "ApprovalPending":
        yield f"Look at it, then: modelyard approve tj/{name}"
    elif status.state == "Promoted":
        yield f"A ModelDeployment that follows the alias {status.promotion.alias if status.promotion else ''} serves it by itself: modelyard get md"
    elif deciding and deciding.reason in _LOG_TELLS:
        yield f"What the pod printed: modelyard logs tj/{name}"
    elif status.state in {"", "Pending", "Running", "Evaluating", "Registering", "Promoting"}:
        yield f"Nothing, as long as it moves: modelyard wait tj/{name} --for condition=Promoted"
