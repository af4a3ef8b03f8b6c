"""A monitor's request as the operator writes it."""

from typing import Any

from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import MonitorRequest


def monitor_request(**monitoring: Any) -> MonitorRequest:
    wanted = Monitoring.model_validate({"window": {"rows": 500}} | monitoring)
    return MonitorRequest(namespace="ml", name="flights", uid="uid-1", model="flights", version="3", monitoring=wanted)
