"""Gathers all facts, several at a time."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from modelyard_local.diagnosis import machine_facts, platform_facts, software_facts
from modelyard_local.diagnosis.facts import Facts
from modelyard_local.home import Home

FoundT = TypeVar("FoundT")


def examine(home: Home) -> Facts:
    """Changes nothing on the machine."""
    with ThreadPoolExecutor() as pool:

        def ask(look: Callable[..., FoundT], *arguments: Home) -> "Future[FoundT]":
            return pool.submit(look, *arguments)

        software, cluster = ask(software_facts.gather), ask(platform_facts.cluster)
        machine, folder = ask(machine_facts.machine, home), ask(machine_facts.folder, home)
        platform, ports = ask(platform_facts.platform, home), ask(platform_facts.ports_of_next_start, home)
        return Facts(software.result(), machine.result(), folder.result(), platform.result(), ports.result(), cluster.result())
