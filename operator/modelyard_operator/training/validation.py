"""What the API server's schema can't say about a spec: found here, before a pod is made."""

from collections.abc import Iterable, Iterator

from modelyard_api.catalogue.architectures import parameter_problems, task_problem
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import TASKS, Shown, Task, usual_task
from modelyard_api.objective import Objective

from modelyard_operator.training import render
from modelyard_operator.training.observed import Observed

_ORDER_LIMIT = 120_000  # bytes; Linux takes at most 131,072 in one environment variable


def problems(observed: Observed) -> list[str]:
    """Sentences that name the field; empty when all is well."""
    if observed.spec is None:
        return [observed.spec_problem]
    model = observed.spec.model
    parameters = {parameter.name: parameter.value for parameter in model.parameters or ()}
    task = observed.spec.objective.task
    unfit = [wrong] if task and (wrong := task_problem(model.architecture, task)) else []
    return [*unfit, *parameter_problems(model.architecture, parameters), *_metric_problems(observed.spec.objective), *_size(observed)]


def _metric_problems(objective: Objective) -> Iterator[str]:
    named = _named(objective)
    task = usual_task(Shown.CLASSES) if objective.target_from else objective.task
    for candidate in [task] if task else list(TASKS):
        wrong = [field for field, metric in named if metric not in metrics_of(candidate)]
        if not wrong:
            return
    if task:
        yield f"{', '.join(wrong)}: not a metric of {task}; there are {', '.join(sorted(metrics_of(task)))}"
    else:
        first, *others = (f"of {each}" for each in _tasks_of(named))
        tasks = ", some ".join((first, *others))
        yield f"{', '.join(field for field, _ in named)}: some are metrics {tasks}; one task can't have both"


def _tasks_of(named: Iterable[tuple[str, Metric]]) -> list[Task]:
    return [task for task in TASKS if any(metric in metrics_of(task) for _, metric in named)]


def _named(objective: Objective) -> list[tuple[str, Metric]]:
    """Every metric in the objective with the field that names it."""
    own = [("spec.objective.metric", objective.metric)] if objective.metric else []
    return own + [(f"spec.objective.require[{index}].metric", one.metric) for index, one in enumerate(objective.require or ())]


def _size(observed: Observed) -> Iterator[str]:
    size = len(render.train_request(observed, 1).model_dump_json(by_alias=True, exclude_none=True).encode())
    if size > _ORDER_LIMIT:
        yield f"spec: {size} bytes are more than a pod can be told ({_ORDER_LIMIT}); name fewer columns in data.columns and data.prepare"
