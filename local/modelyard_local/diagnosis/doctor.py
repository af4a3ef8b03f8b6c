"""`modelyard doctor`: all facts are gathered, several at a time, and judged by pure functions in the order of the table."""

from concurrent.futures import ThreadPoolExecutor

from modelyard_local.diagnosis import machine, platform, software
from modelyard_local.diagnosis.facts import Facts, Finding, Level
from modelyard_local.home import Home


def judge(facts: Facts) -> list[Finding]:
    """Pure: the same facts give the same findings."""
    found = [
        software.check_python(facts.software),
        software.check_packages(facts.software),
        software.check_programs(facts.software),
        machine.check_home(facts.folder),
        machine.check_disk(facts.machine, facts.folder),
        machine.check_memory(facts.machine, platform_runs=facts.platform.pid is not None),
        machine.check_clock(facts.folder),
        machine.check_accelerator(facts.machine),
        platform.check_ports(facts.ports),
        platform.check_platform(facts.platform),
        platform.check_restarts(facts.platform),
        platform.check_cluster(facts.cluster),
    ]
    return [each for each in found if each is not None]


def is_healthy(findings: list[Finding]) -> bool:
    """Nothing has to be mended; hints are fine."""
    return not any(each.level is Level.PROBLEM for each in findings)


def examine(home: Home) -> Facts:
    """Changes nothing on the machine."""
    with ThreadPoolExecutor() as pool:
        look = pool.submit
        found_software, found_cluster = look(software.gather), look(platform.cluster)
        found_machine, found_folder = look(machine.machine, home), look(machine.folder, home)
        found_platform, found_ports = look(platform.platform, home), look(platform.ports_of_next_start, home)
        return Facts(
            found_software.result(),
            found_machine.result(),
            found_folder.result(),
            found_platform.result(),
            found_ports.result(),
            found_cluster.result(),
        )
