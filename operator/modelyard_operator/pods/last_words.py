"""What a container that ended said: our pods' error, else the last line of its text, else its exit code."""

from modelyard_api.pod_contract import PodError
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object


def last_words(terminated: Object) -> str:
    """Of the state ``terminated`` of a container."""
    text = str(terminated.get("message", "")).strip()
    exit_code, reason = f"exit code {terminated.get('exitCode')}", str(terminated.get("reason", ""))
    try:
        error = PodError.model_validate_json(text)
    except ValidationError:
        said = f": {text.splitlines()[-1]}" if text else ""
        return f"{reason or 'Ended'} ({exit_code}){said}"
    return f"{error.reason} ({exit_code}): {error.message.strip().rstrip('.')}"
