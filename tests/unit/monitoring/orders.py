"""A monitor's order as the operator writes it."""

from typing import Any

from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import MonitorOrder


def order(**monitoring: Any) -> MonitorOrder:
    wanted = Monitoring.model_validate({"window": {"rows": 500}} | monitoring)
    return MonitorOrder(namespace="ml", name="flights", uid="uid-1", model="flights", version="3", monitoring=wanted)
