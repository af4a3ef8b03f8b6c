"""``training-job.yaml``: what was seen as comments, what is proposed as fields."""

from collections.abc import Iterator

from modelyard_api.base import API_VERSION
from modelyard_api.catalogue.architectures import Architecture, automatic, listed
from modelyard_api.catalogue.metrics import METRICS, Metric, lower_is_better, metrics_of
from modelyard_api.catalogue.tasks import has_classes
from modelyard_api.data import Split

from modelyard_cli.init.columns import SeenColumn
from modelyard_cli.init.margins import describe_shortage
from modelyard_cli.init.survey import Survey
from modelyard_cli.init.table import describe_memory
from modelyard_cli.init.targets import SeenTarget
from modelyard_cli.init.yaml_text import comment, commented, number, scalar

_COLUMNS_SHOWN = 60
_NAME_WIDTH = 40
_SHORTAGES_SHOWN = 6
_KNOWN = "Is it known when a prediction is made?"


def training_job_text(survey: Survey, name: str, uri: str) -> str:
    """The whole file."""
    lines = [
        *_header(survey),
        f"apiVersion: {API_VERSION}",
        "kind: TrainingJob",
        "metadata:",
        f"  name: {scalar(name)}",
        "spec:",
        *_objective(survey),
        *_data(survey, uri),
        *commented(
            f"  model: {{architecture: {Architecture.AUTO}}}",
            f"tries {listed(automatic())}; the simplest within one standard error wins",
        ),
        *commented("  promotion: {alias: champion}", "moved when all criteria hold; approval: Manual waits for `modelyard approve`"),
        *_workers(survey),
    ]
    return "\n".join(lines) + "\n"


def _workers(survey: Survey) -> Iterator[str]:
    """Nothing where the default suffices."""
    if survey.workers:
        requests = ", ".join(f"{name}: {quantity}" for name, quantity in (survey.workers.resources.requests or {}).items())
        yield from commented(
            f"  workers: {{resources: {{requests: {{{requests}}}}}}}", describe_memory(survey.rows, len(survey.columns) + 1)
        )


def _header(survey: Survey) -> Iterator[str]:
    yield from comment(f"A TrainingJob for {survey.file}, written by `modelyard init`: a start. Read it, and change what you know better.")
    yield "#"
    yield from comment(f"{survey.rows:,} rows; the columns beside the target, as the trainer reads them:")
    width = min(_NAME_WIDTH, max(len("column"), *(len(scalar(column.name)) for column in survey.columns), 0))
    yield f"#   {'column':<{width}}  read as      missing  distinct"
    for column in survey.columns[:_COLUMNS_SHOWN]:
        yield f"#   {_row(column, width)}"
    if len(survey.columns) > _COLUMNS_SHOWN:
        yield f"#   and {len(survey.columns) - _COLUMNS_SHOWN} more"
    if survey.reading:
        yield "#"
        yield from comment(
            "What reading the file changed (by the rules of docs/data.md; where one is wrong, it says what decides otherwise):"
        )
        for changed in survey.reading:
            yield from comment(f"- {changed}")
    yield "#"
    yield from comment(
        "Which of these aren't known yet when a prediction is made? Name them below with role: Ignored. No search finds all."
    )


def _row(column: SeenColumn, width: int) -> str:
    name = scalar(column.name)
    shown = name if len(name) <= width else f"{name[: width - 1]}…"
    note = f"  {column.note}" if column.note else ""
    return f"{shown:<{width}}  {column.reads:<11}  {column.missing:>7.1%}  {column.distinct:>8,}{note}"


def _objective(survey: Survey) -> Iterator[str]:
    target = survey.target
    left_out = f"; {target.missing:,} rows without it are left out" if target.missing else ""
    yield "  objective:"
    yield from commented(f"    target: {scalar(target.name)}", f"{target.describe()}{left_out}")
    yield from _task(survey)
    yield from _metric(survey)
    yield "    require: # all have to hold on rows that training never saw, before a version is registered and promoted"
    yield f"    - {{metric: {target.metric}, betterThan: baseline}} # the majority class, or the mean"
    by = "" if survey.margin.by is None else f", by: {number(survey.margin.by)}"
    yield from commented(f"    - {{metric: {target.metric}, notWorseThan: champion{by}}}", f"the version that is in use; {_margin(survey)}")
    bound = "atMost" if lower_is_better(target.metric) else "atLeast"
    yield from comment(f"- {{metric: {target.metric}, {bound}: …}} # from where on would it be worth using? Say so here", indent=4)


def _margin(survey: Survey) -> str:
    """Why it is so wide."""
    margin, groups = survey.margin, survey.test.groups
    rows = f"about {margin.rows:,} test rows" + (f" in {groups:,.0f} groups of like size" if groups else "")
    if margin.by is None:
        return "the first one has no rival"
    if margin.rows_needed is None:
        return f"on {rows} a smaller difference can't be distinguished from chance"
    return f"on {rows} even this margin, the widest to propose, can't be distinguished from chance: needs about {margin.rows_needed:,} test rows"


def _task(survey: Survey) -> Iterator[str]:
    target = survey.target
    if not has_classes(target.task):
        yield from commented("    task: Regression", target.why_task) if target.why_task else ["    task: Regression"]
        yield from comment("For a yes/no question give the target a new name and derive it; here: is it above the median?", indent=4)
        yield from comment(f"target: {scalar(f'{target.name}_is_high')}", indent=4)
        yield from comment(f"targetFrom: {{column: {scalar(target.name)}, above: {number(target.middle or 0.0)}}}", indent=4)
        yield from comment("(then without task, metric and the rmse criteria)", indent=4)
    elif target.is_whole_number:
        yield from commented(
            "    task: Classification",
            "Regression if the numbers are amounts or counts rather than names: modelyard init with --task Regression writes that",
        )
    else:
        yield "    task: Classification"


def _metric(survey: Survey) -> Iterator[str]:
    target = survey.target
    if target.is_unbalanced:
        rare = min(target.classes, key=lambda each: each[1])[0]
        harder = "average_precision looks harder at it" if target.metric is not Metric.AVERAGE_PRECISION else "the metric looks hard at it"
        text = f"{rare} is rare: {harder}" if rare == target.classes[-1][0] else f"{rare} is rare"
        yield from commented(f"    metric: {target.metric}", text)
    elif has_classes(target.task) and len(target.classes) == 2:
        yield from commented(f"    metric: {target.metric}", f"others: {_others(target)}; positive is {target.classes[1][0]}")
    else:
        yield from commented(f"    metric: {target.metric}", f"others: {_others(target)}")


def _others(target: SeenTarget) -> str:
    fitting = metrics_of(target.task, len(target.classes) or 2)
    return ", ".join(metric for metric in METRICS if metric in fitting and metric != target.metric)


def _data(survey: Survey, uri: str) -> Iterator[str]:
    yield "  data:"
    yield from commented(
        f"    source: {{uri: {scalar(uri)}}}",
        "`modelyard apply` uploads it to the platform on this machine; a cluster wants s3://bucket/key",
    )
    if survey.options.key:
        yield from commented(
            f"    key: [{', '.join(map(scalar, survey.options.key))}]", "what names a row: its part of the split hangs on it"
        )
    if survey.time:
        yield f"    time: {scalar(survey.time)} # when a row happened"
    yield from _columns(survey)
    yield from _timestamps(survey)
    proposed = survey.split
    yield from commented(f"    split: {_split(proposed.split)}", proposed.why)
    for short in survey.shortages[:_SHORTAGES_SHOWN]:
        yield from comment(describe_shortage(short), indent=4)
    if len(survey.shortages) > _SHORTAGES_SHOWN:
        yield from comment(f"and so on for {len(survey.shortages) - _SHORTAGES_SHOWN} more classes", indent=4)
    for line in proposed.instead:
        yield from comment(line, indent=4)
    for warning in survey.warnings:
        yield from comment(warning, indent=4)


def _columns(survey: Survey) -> Iterator[str]:
    suspected = [column for column in survey.columns if column.leak and not column.ignored]
    if survey.spec("").data.columns:
        yield "    columns: # those not named here are features"
    for column in survey.ignored:
        hint = f". {_KNOWN} Then role: Feature" if column.gives_away else ""
        yield from commented(f"    - {{name: {scalar(column.name)}, role: Ignored}}", f"{column.ignored}{hint}")
    for column in survey.typed:
        yield from commented(f"    - {{name: {scalar(column.name)}, type: {column.type}}}", column.why_type)
    for column in suspected:
        if column.vouched:
            text = f"{column.suspicion}. Nothing else is left to learn from, so it stays. {_KNOWN}"
            yield from comment(text, indent=4) if column.type else commented(f"    - {{name: {scalar(column.name)}, role: Feature}}", text)
        else:
            yield from comment(f"{scalar(column.name)}: {column.suspicion}. {_KNOWN} If not, role: Ignored", indent=4)


def _timestamps(survey: Survey) -> Iterator[str]:
    times = [scalar(column.name) for column in survey.columns if column.is_time]
    if times:
        yield from comment("prepare:", indent=4)
        yield from comment(
            f"  features: {{timestamps: [{', '.join(times)}]}} # hour, weekday, month; take them out of columns then", indent=4
        )


def _split(split: Split) -> str:
    column = f"column: {scalar(split.column)}, " if split.column else ""
    return f"{{by: {split.by}, {column}validation: {split.validation:g}, test: {split.test:g}}}"
