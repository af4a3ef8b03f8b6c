"""ModelDeployment: which registered version is served and how it is watched."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from modelyard_api.base import ATOMIC, AliasName, ApiModel, ModelName, SecretSource, matching, rules
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.workers import DEFAULT_RESOURCES, Resources


class NumericalMethod(StrEnum):
    """Distances between two samples of numbers; a column drifts where the distance reaches the threshold."""

    PSI = "PSI"
    WASSERSTEIN = "Wasserstein"  # normed by the reference's standard deviation
    JENSEN_SHANNON = "JensenShannon"


class CategoricalMethod(StrEnum):
    """Distances between two samples of categories."""

    PSI = "PSI"
    JENSEN_SHANNON = "JensenShannon"
    TOTAL_VARIATION = "TotalVariation"


class ModelReference(ApiModel):
    """A registered model and which of its versions."""

    model_config = ConfigDict(
        json_schema_extra=rules(("has(self.alias) != has(self.version)", "model needs exactly one of alias or version"))
    )

    name: ModelName = Field(description="The model's name; it is registered as <namespace>.<name>.")
    alias: AliasName | None = Field(None, description="Follow this alias: moving it starts a rolling update.")
    version: (
        Annotated[str, Field(max_length=9, json_schema_extra=matching("^[1-9][0-9]*$", 'has to be a version\'s number, as text: "7"'))]
        | None
    ) = Field(None, description="Serve this version, as text.")


class RequestLog(ApiModel):
    """Requests and predictions, written to S3 as Parquet. The log never delays a response; what is dropped is counted."""

    sample_ratio: float = Field(1.0, ge=0, le=1, description="Share of the requests that are logged; 0 logs none.")


class Window(ApiModel):
    """The newest predictions of the version that answered. Windows don't overlap."""

    model_config = ConfigDict(
        json_schema_extra=rules(("has(self.rows) != has(self.seconds)", "monitoring.window needs exactly one of rows or seconds"))
    )

    rows: int | None = Field(None, ge=50, le=1000000, description="A window is complete when this many new rows arrived.")
    seconds: int | None = Field(None, ge=60, le=2678400, description="A window is this many seconds long.")


class NumericalDrift(ApiModel):
    """How numbers are compared."""

    method: NumericalMethod = Field(NumericalMethod.PSI, description="PSI, Wasserstein or JensenShannon.")
    threshold: float = Field(0.2, gt=0, le=1000, description="A column drifts when its distance is this or more.")


class CategoricalDrift(ApiModel):
    """How categories are compared."""

    method: CategoricalMethod = Field(CategoricalMethod.JENSEN_SHANNON, description="PSI, JensenShannon or TotalVariation.")
    threshold: float = Field(0.1, gt=0, le=1000, description="A column drifts when its distance is this or more.")


class FixedLimits(ApiModel):
    """Thresholds that somebody has chosen, and those of a model whose training rows tell of none."""

    numerical: NumericalDrift = NumericalDrift()
    categorical: CategoricalDrift = CategoricalDrift()
    share: float = 0.3


class Drift(ApiModel):
    """When the inputs count as moved: more than they did while the training rows were collected, or by fixed thresholds."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.falseAlarmsPerMonth) || (!has(self.numerical) && !has(self.categorical) && !has(self.share))",
                "monitoring.drift: falseAlarmsPerMonth calibrates the limits; take it, or numerical, categorical and share, not both",
            )
        )
    )

    false_alarms_per_month: float | None = Field(
        None,
        gt=0,
        le=100,
        description="The limits are calibrated so that drift is alerted so often in 30 days although nothing has changed. Default 1, unless thresholds are given.",
    )
    numerical: NumericalDrift | None = Field(None, description="A fixed threshold for numerical columns.")
    categorical: CategoricalDrift | None = Field(None, description="A fixed threshold for categorical columns.")
    share: float | None = Field(
        None, gt=0, le=1, description="With fixed thresholds a window votes for drift when this share of the columns drifted. Default 0.3."
    )

    @property
    def fixed(self) -> FixedLimits:
        """The thresholds that are given, and the usual ones for the others."""
        usual = FixedLimits()
        return FixedLimits(
            numerical=self.numerical or usual.numerical,
            categorical=self.categorical or usual.categorical,
            share=self.share if self.share is not None else usual.share,
        )

    @property
    def asked(self) -> float | None:
        """False alarms per month; None: the thresholds are fixed. 0.1.0 wrote the usual thresholds into every manifest without them."""
        if self.false_alarms_per_month is None and self.fixed != FixedLimits():
            return None
        return self.false_alarms_per_month or 1.0


class Performance(ApiModel):
    """The realised quality, from true outcomes sent to /feedback."""

    model_config = ConfigDict(
        json_schema_extra=rules(("has(self.atLeast) != has(self.atMost)", "monitoring.performance needs exactly one of atLeast or atMost"))
    )

    metric: Metric = Field(description="The metric that is computed.")
    at_least: float | None = Field(None, description="Quality is degraded when the interval lies below this.")
    at_most: float | None = Field(None, description="Quality is degraded when the interval lies above this.")


class Alert(ApiModel):
    """When and whom to alert."""

    model_config = ConfigDict(json_schema_extra=rules(("self.after <= self.of", "monitoring.alert: after can't be more than of")))

    after: int = Field(2, ge=1, le=20, description="How many windows have to vote for drift …")
    of: int = Field(3, ge=1, le=20, description="… among so many of the newest windows.")
    notify: Annotated[list[SecretSource], Field(max_length=8)] | None = Field(
        None,
        description="Secrets with any of the keys alertmanager (base URL, v2 API) and webhook (URL that gets a JSON POST). One alert per episode.",
        json_schema_extra=ATOMIC,
    )


_MINIMUM_FITS = "!has(self.window.rows) || self.minimumRows <= self.window.rows"
_CRON_FIELD = r"[-0-9*/,]+"
_CRON = rf"^{_CRON_FIELD} {_CRON_FIELD} {_CRON_FIELD} [-0-9A-Za-z*/,]+ [-0-9A-Za-z*/,]+$"


class Monitoring(ApiModel):
    """A monitor that runs on a schedule, compares the newest window with the model's reference sample and judges."""

    model_config = ConfigDict(json_schema_extra=rules((_MINIMUM_FITS, "monitoring.minimumRows can't be more than window.rows")))

    schedule: Annotated[
        str, Field(max_length=100, json_schema_extra=matching(_CRON, "has to be cron's five fields, such as */5 * * * *"))
    ] = Field("*/5 * * * *", description="When the monitor runs, in cron's five fields (UTC).")
    window: Window = Field(description="Which predictions a verdict is about.")
    minimum_rows: int = Field(500, ge=50, le=1000000, description="With fewer new rows a window gives no vote.")
    drift: Drift = Field(Drift(), description="When the inputs count as moved. Default: one false alarm a month.")
    performance: Performance | None = Field(None, description="Realised quality, when true outcomes are sent.")
    alert: Alert = Field(Alert(), description="When and whom to alert.")


class ModelDeploymentSpec(ApiModel):
    """What is requested."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.monitoring) || self.requestLog.sampleRatio > 0.0",
                "monitoring needs the request log: requestLog.sampleRatio has to be more than 0",
            ),
        )
    )

    model: ModelReference = Field(description="Which model is served.")
    replicas: int = Field(1, ge=0, le=100, description="Number of pods.")
    resources: Resources = Field(DEFAULT_RESOURCES, description="Requests and limits of each pod.")
    request_log: RequestLog = Field(RequestLog(), description="What is logged of the traffic.")
    monitoring: Monitoring | None = Field(None, description="Drift and quality monitoring. Without it there is none.")
