"""``spec.workers``: what the pods ask of the cluster."""

from typing import Annotated

from pydantic import Field

from modelyard_api.base import ATOMIC, ApiModel, ObjectName, ShortText

Quantity = Annotated[
    int | str,
    Field(
        json_schema_extra={"x-kubernetes-int-or-string": True, "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$", "maxLength": 32}
    ),
]
Quantities = Annotated[dict[str, Quantity], Field(max_length=16)]


class Resources(ApiModel):
    """Requests and limits, as in a pod. ``nvidia.com/gpu`` belongs in limits."""

    requests: Quantities | None = Field(None, description="What the scheduler reserves, e.g. {cpu: 500m, memory: 1Gi}.")
    limits: Quantities | None = Field(None, description="What the pod may use at most, e.g. {memory: 4Gi, nvidia.com/gpu: 1}.")


class Toleration(ApiModel):
    """As in a pod."""

    key: ShortText | None = Field(None, description="The taint's key.")
    operator: Annotated[str, Field(pattern="^(Exists|Equal)$", max_length=8)] = Field("Equal", description="Exists or Equal.")
    value: ShortText | None = Field(None, description="The taint's value.")
    effect: Annotated[str, Field(pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$", max_length=20)] | None = Field(
        None, description="The taint's effect; none means all."
    )
    toleration_seconds: int | None = Field(None, ge=0, le=31536000, description="How long NoExecute is tolerated.")


class ImagePullSecret(ApiModel):
    """As in a pod."""

    name: ObjectName = Field(description="Name of the Secret.")


DEFAULT_RESOURCES = Resources(requests={"cpu": "250m", "memory": "1Gi"})


class Workers(ApiModel):
    """The pod that trains. It deliberately takes no service account and no host path."""

    resources: Resources = Field(DEFAULT_RESOURCES, description="Requests and limits of the pod.")
    node_selector: Annotated[dict[str, ShortText], Field(max_length=16)] | None = Field(None, description="Labels the node must have.")
    tolerations: Annotated[list[Toleration], Field(max_length=16)] | None = Field(
        None, description="Taints the pod tolerates.", json_schema_extra=ATOMIC
    )
    priority_class_name: ObjectName | None = Field(None, description="Priority of the pod.")
    image_pull_secrets: Annotated[list[ImagePullSecret], Field(max_length=8)] | None = Field(
        None, description="Secrets to pull the image with.", json_schema_extra=ATOMIC
    )
    grace_period_seconds: int = Field(60, ge=0, le=3600, description="Time a pod gets to stop.")
