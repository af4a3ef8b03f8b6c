"""What `modelyard init` tells: what it saw, what to look at, what to do next."""

import os
from collections.abc import Iterator
from pathlib import Path

from modelyard_cli.init.files import Start
from modelyard_cli.init.margins import describe_shortage
from modelyard_cli.init.survey import Survey
from modelyard_cli.init.table import describe_memory
from modelyard_cli.init.yaml_text import listed, one_line, scalar

_SHOWN = 20


def report(start: Start) -> str:
    """Lines for a terminal."""
    return "\n".join([*_seen(start.seen), "", *_next(start)])


def _seen(seen: Survey) -> Iterator[str]:
    target = seen.target
    yield f"{seen.file}: {seen.rows:,} rows, {len(seen.columns) + 1} columns"
    if seen.reading:
        yield "Changed by reading:"
        yield from (f"  {one_line(changed)}" for changed in seen.reading)
    yield f"Target {scalar(target.name)}: {target.task}, {target.describe()}; judged by {target.metric}"
    split = seen.split.split
    used = [column.name for column in seen.columns if not column.ignored and column.name not in {seen.split.column, seen.time}]
    yield f"{len(used)} {'feature' if len(used) == 1 else 'features'}: {listed(used)}"
    if seen.typed:
        yield "Read otherwise than its values show, unless you change it:"
        yield from _limited([f"  {scalar(column.name)} as {column.type}: {one_line(column.why_type)}" for column in seen.typed])
    if seen.ignored:
        yield "Left out, unless you change it:"
        yield from _limited([f"  {scalar(column.name)}: {one_line(column.ignored)}" for column in seen.ignored])
    yield f"Split: {split.by}{f' by {scalar(seen.split.column)}' if seen.split.column else ''}: {seen.split.why}"
    if noted := [*_noted(seen), *(f"  {one_line(warning)}" for warning in seen.warnings)]:
        yield "To look at:"
        yield from _limited(noted)


def _noted(seen: Survey) -> Iterator[str]:
    if seen.target.why_task:
        yield f"  {scalar(seen.target.name)}: {seen.target.why_task}"
    elif seen.target.is_whole_number:
        yield f"  {scalar(seen.target.name)}: amounts or counts rather than names? --task Regression"
    if seen.target.missing:
        yield f"  {scalar(seen.target.name)}: {seen.target.missing:,} rows without a value are left out"
    if seen.target.is_unbalanced:
        yield f"  {scalar(seen.target.name)}: one class is rare; see metric in the TrainingJob"
    for column in seen.columns:
        if not column.ignored and (note := column.suspicion or column.note):
            yield f"  {scalar(column.name)}: {one_line(note)}"
    if seen.workers:
        requested = (seen.workers.resources.requests or {})["memory"]
        yield f"  {describe_memory(seen.rows, len(seen.columns) + 1)}: the TrainingJob requests {requested}"
    for short in seen.shortages:
        yield f"  {one_line(describe_shortage(short))}"


def _limited(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"  and {len(lines) - _SHOWN} more, see the TrainingJob"]


def _next(start: Start) -> Iterator[str]:
    job, deployment = _shown(start.training_job), _shown(start.model_deployment)
    yield f"Written: {job}, {deployment}. Read them, then:"
    yield "  modelyard up"
    yield f"  modelyard apply -f {job} -f {deployment}"
    yield f"  modelyard wait tj/{start.name} --for condition=Promoted"
    yield f"  modelyard explain tj {start.name}"
    yield f"  modelyard predict {start.name} -f <new rows>.csv"


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
