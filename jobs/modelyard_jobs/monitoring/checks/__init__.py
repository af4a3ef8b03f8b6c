"""What does the checking for each name in ``modelyard_api.catalogue.checks``."""

from modelyard_api.catalogue.checks import CheckSpec
from modelyard_api.catalogue.names import implementation

from modelyard_jobs.monitoring.checks.check import Check


def check_of(spec: CheckSpec) -> Check:
    """The module that does it is imported when a monitor first needs it."""
    found: Check = implementation(spec.check)()
    return found
