"""All checks, in the order of the table."""

from modelyard_local.diagnosis import machine_checks, platform_checks, software_checks
from modelyard_local.diagnosis.facts import Facts
from modelyard_local.diagnosis.finding import Finding, Level


def judge(facts: Facts) -> list[Finding]:
    """Pure: the same facts give the same findings."""
    found = [
        software_checks.python(facts.software),
        software_checks.packages(facts.software),
        software_checks.programs(facts.software),
        machine_checks.home(facts.folder),
        machine_checks.disk(facts.machine, facts.folder),
        machine_checks.memory(facts.machine, platform_runs=facts.platform.pid is not None),
        machine_checks.clock(facts.folder),
        machine_checks.accelerator(facts.machine),
        platform_checks.ports(facts.ports),
        platform_checks.platform(facts.platform),
        platform_checks.restarts(facts.platform),
        platform_checks.cluster(facts.cluster),
    ]
    return [each for each in found if each is not None]


def is_healthy(findings: list[Finding]) -> bool:
    """Nothing has to be mended; hints are fine."""
    return not any(each.level is Level.PROBLEM for each in findings)
