"""The built-in architectures, the simplest first, and the parameters each one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.catalogue.names import Catalogue, Name
from modelyard_api.catalogue.parameters import Integer, Parameter, Real, Value
from modelyard_api.catalogue.tasks import Task


class Architecture(Name):
    """Auto, and the models for tabular data in the order of their simplicity."""

    AUTO: ClassVar["Architecture"]
    LINEAR: ClassVar["Architecture"]
    RANDOM_FOREST: ClassVar["Architecture"]
    GRADIENT_BOOSTING: ClassVar["Architecture"]
    MLP: ClassVar["Architecture"]


@dataclass(frozen=True)
class ArchitectureSpec:
    """What is known of an architecture without data."""

    name: str
    parameters: tuple[Parameter, ...]
    body: str  # reads what was fitted from a model's files: "package.module:attribute"
    learner: str  # fits it to examples
    packages: tuple[str, ...]  # that the fitted model needs, beside the platform's own
    trained_in_epochs: bool = False  # needs rows that tell it when to stop
    tasks: frozenset[Task] = frozenset({Task.CLASSIFICATION, Task.REGRESSION})
    takes: frozenset[BlockKind] = frozenset({BlockKind.VECTOR})  # forms of features that it can be fitted to
    note: str = ""  # for the reader, behind its name
    automatic: bool = True  # among those that Auto tries
    summary: str = ""  # what it is, for docs

    def parameter(self, name: str) -> Parameter | None:
        """The one of this name."""
        return next((each for each in self.parameters if each.name == name), None)


Architecture.AUTO = Architecture.register("Auto")
_ESTIMATOR, _ESTIMATORS = "modelyard_model.estimator:load_estimator", "modelyard_jobs.fitting.estimators"
_SCIKIT_LEARN = ("scikit-learn", "skops")
_SPARSE = frozenset({BlockKind.VECTOR, BlockKind.SPARSE})
ARCHITECTURES: Catalogue[Architecture, ArchitectureSpec] = Catalogue(
    Architecture,
    ArchitectureSpec(
        "Linear",
        (Real("C", 1e-6, 1e6, 1.0, log=True),),
        _ESTIMATOR,
        f"{_ESTIMATORS}:fit_linear",
        _SCIKIT_LEARN,
        takes=_SPARSE,
        summary="logistic regression, or ridge regression; C is the inverse of the penalty",
    ),
    ArchitectureSpec(
        "RandomForest",
        (
            Integer("n_estimators", 1, 5000, 200, log=True),
            Integer("max_depth", 1, 200, 24, log=True),
            Integer("min_samples_leaf", 1, 100000, 5, log=True, rows_each=5000),  # keeps forests on large tables to megabytes
        ),
        _ESTIMATOR,
        f"{_ESTIMATORS}:fit_forest",
        _SCIKIT_LEARN,
        takes=_SPARSE,
        summary="scikit-learn's random forest",
    ),
    ArchitectureSpec(
        "GradientBoosting",
        (
            Real("learning_rate", 0.001, 1, 0.05, log=True),
            Integer("max_iter", 1, 5000, 200, log=True),
            Integer("max_leaf_nodes", 2, 1000, 31, log=True),
            Integer("min_samples_leaf", 1, 100000, 20, log=True, rows_each=5000),
            Real("l2_regularization", 0, 1000, 3.0),  # steadier than 0 on tables of hundreds of rows, without effect on large ones
        ),
        "modelyard_model.trees:load_trees",
        "modelyard_jobs.fitting.estimators:fit_boosting",
        ("safetensors",),
        takes=frozenset({BlockKind.VECTOR, BlockKind.CODES}),
        summary="scikit-learn's histogram gradient boosting, which splits missing values and categories as such",
    ),
    ArchitectureSpec(
        "MLP",
        (
            Integer("hidden_layers", 1, 16, 2),
            Integer("hidden_width", 1, 8192, 64, log=True),
            Real("dropout", 0, 0.95, 0.1),
            Real("weight_decay", 0, 10, 0.01),
        ),
        "modelyard_model.network:load_network",
        "modelyard_jobs.fitting.network_training:fit_mlp",
        ("torch", "safetensors"),
        trained_in_epochs=True,
        note="PyTorch; on the GPU where there is one",
        summary="fully connected layers with ReLU and dropout, in PyTorch",
    ),
)
Architecture.LINEAR, Architecture.RANDOM_FOREST = Architecture("Linear"), Architecture("RandomForest")
Architecture.GRADIENT_BOOSTING, Architecture.MLP = Architecture("GradientBoosting"), Architecture("MLP")


def parameters_of(architecture: Architecture) -> tuple[Parameter, ...]:
    """Those it takes; Auto takes none."""
    return ARCHITECTURES[architecture].parameters if architecture in ARCHITECTURES else ()


def automatic(task: Task | None = None) -> tuple[Architecture, ...]:
    """Those that Auto tries, the simplest first; for one task, or for any."""
    return tuple(name for name, spec in ARCHITECTURES.items() if spec.automatic and (task is None or task in spec.tasks))


def task_problem(architecture: Architecture, task: Task) -> str | None:
    """Why an architecture, or Auto, can't be trained for a task; None where it can."""
    fitting = [name for name, spec in ARCHITECTURES.items() if task in spec.tasks]
    if architecture in fitting or (architecture is Architecture.AUTO and automatic(task)):
        return None
    return f"spec.model.architecture: {architecture} is not for {task}; there are {', '.join(fitting) or 'none'}"


def is_trained_in_epochs(architecture: Architecture) -> bool:
    """Whether it needs rows that tell it when to stop."""
    return architecture in ARCHITECTURES and ARCHITECTURES[architecture].trained_in_epochs


def listed(names: "tuple[Architecture, ...]", last: str = "and") -> str:
    """As a sentence lists them."""
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else str(end)


def parameter_problems(architecture: Architecture, values: Mapping[str, object]) -> list[str]:
    """Sentences on what is wrong with ``values``; empty when all is well."""
    known = {parameter.name: parameter for parameter in parameters_of(architecture)}
    problems = []
    for name, value in values.items():
        if name not in known:
            problems.append(
                f"spec.model.parameters: {architecture} has no parameter {name!r}; it takes {', '.join(sorted(known)) or 'none'}"
            )
        elif problem := known[name].problem(value):
            problems.append(f"spec.model.parameters[{name}].value {problem}")
    return problems


def resolve_parameters(architecture: Architecture, values: Mapping[str, object], rows: int = 0) -> dict[str, Value]:
    """Given values over the defaults, some of which depend on the number of training ``rows``."""
    return {each.name: each.resolve(values.get(each.name, each.default_for(rows))) for each in parameters_of(architecture)}
