"""What the scenario waits for and reads from the two resources, the same in every place."""

import json

from modelyard_api import rendering
from modelyard_api.verdicts import Verdict

from dev.demo.place import DemoStopped, Place, tell
from dev.platform.kubectl import Object, condition, wait_until

_DECIDED = ("Promoted", "CriteriaNotMet", "Inconclusive", "Failed")
_DRIFT = "io.modelyard.drift.detected"


def decided(place: Place, name: str) -> Object:
    """The TrainingJob once it is decided, with its state shown as it changes."""
    seen: list[str] = []

    def probe() -> Object | None:
        job = place.get("tj", name)
        state = job.get("status", {}).get("state", "")
        if state and (not seen or seen[-1] != state):
            seen.append(state)
            tell(f"{name}: {state}")
        return job if state in _DECIDED else None

    return wait_until(f"TrainingJob {name}", 900, probe, tell)


def verdict(job: Object) -> str:
    """The verdicts, one a line; without any, the conditions."""
    verdicts = job.get("status", {}).get("result", {}).get("verdict", [])
    lines = [rendering.describe_verdict(Verdict.model_validate(one)) for one in verdicts]
    return "\n".join(lines or [json.dumps(job.get("status", {}).get("conditions", []), indent=1)])


def await_condition(place: Place, kind: str, name: str, wanted: str, seconds: float) -> None:
    """Until the condition is True."""
    wait_until(f"{kind} {name} {wanted}", seconds, lambda: condition(place.get(kind, name), wanted).get("status") == "True", tell)


def serves(place: Place, version: str) -> bool:
    """Whether ModelDeployment ``flights`` serves that version."""
    deployment = place.get("md", "flights")
    return deployment.get("status", {}).get("version") == version and condition(deployment, "Available").get("status") == "True"


def monitoring(place: Place) -> Object:
    """What the monitor of ``flights`` found last."""
    found: Object = place.get("md", "flights").get("status", {}).get("monitoring", {})
    return found


def judged(place: Place) -> int:
    """Windows judged so far."""
    return int(monitoring(place).get("windowsJudged", 0))


def drift_alerts(place: Place) -> list[Object]:
    """Those that the receiver got."""
    return [each for each in place.alerts() if each["type"] == _DRIFT]


def without_columns(alert: Object) -> Object:
    """To be shown: its description names the columns that moved, the list only repeats them."""
    data = {key: value for key, value in alert["data"].items() if key != "columns"}
    return alert | {"data": data | {"columns": f"{len(alert['data'].get('columns', ()))} columns with method, distance and threshold"}}


def served_version(place: Place) -> str:
    """The champion as it is served; stops the scenario when there is none."""
    version = str(place.get("md", "flights").get("status", {}).get("version", ""))
    if not version:
        raise DemoStopped("ModelDeployment flights serves no version")
    return version
