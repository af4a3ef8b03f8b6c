"""What the person who typed `modelyard init` decided: it goes before what init would propose."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from modelyard_api.catalogue.metrics import METRICS, Metric, is_binary_only, metrics_of
from modelyard_api.catalogue.tasks import TASKS, Shown, Task, has_classes, usual_task
from modelyard_api.data import SplitBy
from modelyard_jobs.data.reading import require_column

from modelyard_cli.init.table import NoStart, require_nameable

Choice = TypeVar("Choice", bound=str)
_MOST_KEYS = 16  # as in spec.data.key


@dataclass(frozen=True)
class Options:
    """None, and no key: init proposes."""

    task: Task | None = None
    metric: Metric | None = None
    split: SplitBy | None = None
    time: str | None = None  # the column of spec.data.time
    group: str | None = None  # the column of a split by Group
    key: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        task: str | None = None,
        metric: str | None = None,
        split: str | None = None,
        time: str | None = None,
        group: str | None = None,
        key: Sequence[str] = (),
    ) -> "Options":
        """From words, in any case. Raises NoStart for a word that is none of the choices."""
        return cls(
            _one_of(Task, "--task", task),
            _one_of(Metric, "--metric", metric),
            _one_of(SplitBy, "--split", split),
            time,
            group,
            tuple(dict.fromkeys(key)),
        )

    @property
    def split_by(self) -> SplitBy | None:
        """As the options say, by name or by its column; None: what the columns show."""
        if self.split is None and self.group:
            return SplitBy.GROUP
        return self.split

    def require_fit(self, columns: Sequence[str], target: str) -> None:
        """Raises NoStart where options contradict one another, or the trainer's InvalidRequest for a column that isn't there."""
        require_column("--target", target, columns)
        require_nameable(target)
        for option, name in self._columns():
            require_column(option, name, columns)
            require_nameable(name)
            if name == target:
                raise NoStart(f"{option} names the target {target!r}: the target has no say in which rows a model is tested on")
        self._require_agreement()

    def _columns(self) -> Iterator[tuple[str, str]]:
        yield from (("--time", name) for name in [self.time] if name is not None)
        yield from (("--group", name) for name in [self.group] if name is not None)
        yield from (("--key", name) for name in self.key)

    def _require_agreement(self) -> None:
        if self.group and self.split not in {None, SplitBy.GROUP}:
            raise NoStart(f"--group names the column of --split Group, and --split says {self.split}: leave one of them out")
        if self.group and self.time and self.split is None:
            raise NoStart("--time and --group both name a column to split by: say which with --split Time or --split Group")
        if self.task and self.metric and self.metric not in metrics_of(self.task):
            raise NoStart(_does_not_fit(self.metric, f"--task says {self.task}", self.task, 2))
        if len(self.key) > _MOST_KEYS:
            raise NoStart(f"{len(self.key)} columns are named by --key, and a manifest takes {_MOST_KEYS}")

    def require_metric_fits(self, target: str, task: Task, classes: int) -> None:
        """Once the target is known. Raises NoStart."""
        metric = self.metric
        if metric is None:
            return
        if metric not in metrics_of(task):
            raise NoStart(_does_not_fit(metric, f"the target {target!r} makes it a {task}", task, classes) + _other_task(metric, task))
        if is_binary_only(metric) and classes != 2:
            raise NoStart(f"--metric {metric} is for two classes, and the target {target!r} has {classes}: choose {_choice(task, classes)}")


NO_OPTIONS = Options()


def _one_of(choices: Iterable[Choice], option: str, word: str | None) -> Choice | None:
    if word is None:
        return None
    found = next((each for each in choices if each.lower() == word.strip().lower()), None)
    if found is None:
        raise NoStart(f"{option} {word!r} is none of {', '.join(choices)}")
    return found


def _does_not_fit(metric: Metric, why: str, task: Task, classes: int) -> str:
    others = (other for other in TASKS if other in METRICS[metric].tasks and other is not task)
    return f"--metric {metric} is for {' or '.join(others)}, and {why}: choose {_choice(task, classes)}"


def _other_task(metric: Metric, task: Task) -> str:
    amounts = usual_task(Shown.AMOUNTS)
    return f", or --task {amounts} if the numbers are amounts" if has_classes(task) and metric in metrics_of(amounts) else ""


def _choice(task: Task, classes: int) -> str:
    *most, last = sorted(metrics_of(task, classes))
    return f"{', '.join(most)} or {last}"
