"""How a job ends when it can't go on: terminal (the input is wrong) or transient (something doesn't answer)."""

from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import ExitCode


class JobFailure(Exception):
    """Base of what ends a job with a documented exit code; the message is for the person who wrote the manifest."""

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, reason: Reason, message: str) -> None:
        """``message`` says what is wrong, where, and what to do."""
        super().__init__(message)
        self.reason = reason


class InvalidRequest(JobFailure):
    """The input is wrong and stays wrong: no retry helps."""

    exit_code = ExitCode.INVALID


class Unavailable(JobFailure):
    """Something the job needs doesn't answer: a retry may help."""

    exit_code = ExitCode.UNAVAILABLE
