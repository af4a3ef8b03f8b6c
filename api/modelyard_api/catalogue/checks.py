"""What a monitor checks. Each check has a condition of the ModelDeployment, an alert, a gauge and two Events of its own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from modelyard_api.catalogue.names import Catalogue, Name
from modelyard_api.conditions import DeploymentCondition

if TYPE_CHECKING:
    from modelyard_api.model_deployment import Monitoring


class Severity(StrEnum):
    """How much an active check matters."""

    INFO = "info"  # its condition and Event say so; nobody outside the cluster is alerted
    WARNING = "warning"
    CRITICAL = "critical"


class CheckName(Name):
    """In the monitor's state, in the types of CloudEvents (``io.modelyard.<name>.detected``) and as a label of the gauge."""

    INPUT_DRIFT: ClassVar["CheckName"]
    DATA_QUALITY: ClassVar["CheckName"]
    REALIZED_QUALITY: ClassVar["CheckName"]


@dataclass(frozen=True)
class CheckSpec:
    """What is known of a check without a window."""

    name: str
    title: str  # how its alerts begin, before "on <deployment> (<namespace>)"
    condition: str
    alert: str  # Alertmanager's ``alertname``
    began: str  # reason of the Event when it becomes active …
    ended: str  # … and when it is no longer
    check: str  # a ``modelyard_jobs.monitoring.checks.check.Check``: "package.module:attribute"
    setting: str = ""  # the part of spec.monitoring without which it isn't run; empty: it always is


_CHECKS = "modelyard_jobs.monitoring.checks"
CHECKS: Catalogue[CheckName, CheckSpec] = Catalogue(
    CheckName,
    CheckSpec(
        "drift",
        "Input drift",
        DeploymentCondition.DRIFTED,
        "ModelDataDrift",
        "DriftDetected",
        "DriftCleared",
        f"{_CHECKS}.input_drift:InputDrift",
    ),
    CheckSpec(
        "data-quality",
        "Broken input data",
        DeploymentCondition.DATA_QUALITY_DEGRADED,
        "ModelDataQualityDegraded",
        "DataQualityDegraded",
        "DataQualityRecovered",
        f"{_CHECKS}.data_quality:DataQuality",
    ),
    CheckSpec(
        "quality",
        "Degraded quality",
        DeploymentCondition.QUALITY_DEGRADED,
        "ModelQualityDegraded",
        "QualityDegraded",
        "QualityRecovered",
        f"{_CHECKS}.realized_quality:RealizedQuality",
        setting="performance",
    ),
)
CheckName.INPUT_DRIFT, CheckName.DATA_QUALITY, CheckName.REALIZED_QUALITY = map(CheckName, ("drift", "data-quality", "quality"))


def checks_of(monitoring: "Monitoring") -> tuple[CheckSpec, ...]:
    """Those that a manifest asks for, in the order in which they are run and shown."""
    return tuple(spec for spec in CHECKS.values() if not spec.setting or getattr(monitoring, spec.setting) is not None)
