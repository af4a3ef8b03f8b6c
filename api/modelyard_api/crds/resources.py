"""The two CustomResourceDefinitions: names, printer columns, subresources and the rule on ``metadata.name``."""

from dataclasses import dataclass
from typing import Any

from modelyard_api.base import GROUP, NAME_PATTERN, VERSION, ApiModel
from modelyard_api.crds.schema import Schema, structural_schema
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.resource_status import ModelDeploymentStatus, TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec


@dataclass(frozen=True)
class Column:
    """A column of ``kubectl get``; ``wide`` ones show with ``-o wide`` only."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False
    description: str = ""

    def to_wire(self) -> dict[str, Any]:
        """As ``additionalPrinterColumns`` wants it."""
        wire: dict[str, Any] = {"name": self.name, "type": self.type, "jsonPath": self.path, "description": self.description}
        return wire | ({"priority": 1} if self.wide else {})


@dataclass(frozen=True)
class Resource:
    """One custom resource."""

    kind: str
    plural: str
    short: str
    description: str
    spec: type[ApiModel]
    status: type[ApiModel]
    columns: tuple[Column, ...]


_AGE = Column("Age", ".metadata.creationTimestamp", "date", description="Time since it was created.")

TRAINING_JOB = Resource(
    kind="TrainingJob",
    plural="trainingjobs",
    short="tj",
    description="A TrainingJob trains a model, judges it by its success criteria and promotes it when they hold.",
    spec=TrainingJobSpec,
    status=TrainingJobStatus,
    columns=(
        Column("State", ".status.state", description="State of the resource, in one word."),
        Column("Progress", ".status.progress.epoch", "integer", description="Epochs done."),
        Column("Metric", ".status.result.metrics[0].value", "number", description="objective.metric on the test split."),
        Column("Version", ".status.result.modelVersion", description="Version in the registry."),
        _AGE,
        Column("Reason", '.status.conditions[?(@.status=="False")].reason', wide=True, description="Why it is so."),
        Column("Run", ".status.mlflow.runId", wide=True, description="MLflow run."),
    ),
)

MODEL_DEPLOYMENT = Resource(
    kind="ModelDeployment",
    plural="modeldeployments",
    short="md",
    description="A ModelDeployment serves a version of a registered model, follows its alias and watches its traffic for drift.",
    spec=ModelDeploymentSpec,
    status=ModelDeploymentStatus,
    columns=(
        Column("State", ".status.state", description="State of the resource, in one word."),
        Column("Version", ".status.version", description="The version that is served."),
        Column("Ready", ".status.versions[0].readyReplicas", "integer", description="Pods that are ready."),
        Column("Drifted", '.status.conditions[?(@.type=="Drifted")].status', description="Whether the inputs have drifted."),
        _AGE,
        Column("URL", ".status.url", wide=True, description="Address inside the cluster."),
        Column("Votes", ".status.monitoring.votes", wide=True, description="Votes for drift."),
        Column("Report", ".status.monitoring.reportUrl", wide=True, description="HTML report."),
    ),
)

RESOURCES = (TRAINING_JOB, MODEL_DEPLOYMENT)


def custom_resource_definition(resource: Resource) -> dict[str, Any]:
    """The whole manifest."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{GROUP}", "annotations": {"helm.sh/resource-policy": "keep"}},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [resource.short],
                "categories": ["modelyard"],
            },
            "versions": [_version(resource)],
        },
    }


def _version(resource: Resource) -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column.to_wire() for column in resource.columns],
        "schema": {"openAPIV3Schema": _root_schema(resource)},
    }


def _root_schema(resource: Resource) -> Schema:
    return {
        "type": "object",
        "description": resource.description,
        "required": ["spec"],
        "x-kubernetes-validations": [
            {
                "rule": f"self.metadata.name.matches('{NAME_PATTERN}')",
                "message": f"metadata.name: at most 40 lowercase letters, digits and '-', starting with a letter (names of children are made from it); "
                f"rename the {resource.kind}",
            }
        ],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural_schema(resource.spec),
            "status": structural_schema(resource.status),
        },
    }
