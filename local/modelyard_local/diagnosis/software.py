"""Python, packages and programs of the local platform: looked at, then judged."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement as Wanted
from packaging.specifiers import SpecifierSet

from modelyard_local.diagnosis.facts import Finding, Requirement, Software, hint, ok, problem
from modelyard_local.servers.supervision import INSTALL, ProgramMissing, find_program

_DISTRIBUTION, _EXTRA = "modelyard", "local"
_SHOWN = ("modelyard", "mlflow", "torch", "polars", "evidently")
# Those with code for one kind of processor or operating system: they may be installed and not work.
_NATIVE = ("numpy", "pyarrow", "polars", "pandas", "sklearn", "torch", "cel_expr_python", "psutil", "uvloop", "mlflow")
_PROGRAMS = {"weed": ["version"], "traefik": ["version"]}
_RUN_SECONDS, _IMPORT_SECONDS = 30, 120
# One line before each import: if the interpreter crashes, the last one names the module.
_IMPORTING = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    print(json.dumps([name, None]), flush=True)
    try:
        importlib.import_module(name)
        print(json.dumps([name, ""]), flush=True)
    except BaseException as error:
        print(json.dumps([name, f"{type(error).__name__}: {error}"]), flush=True)
"""


def check_python(facts: Software) -> Finding:
    """Its version."""
    found = ".".join(map(str, facts.python))
    if not SpecifierSet(facts.python_wanted).contains(found):
        return problem("Python", f"{found}; Modelyard needs {facts.python_wanted}", "make a virtual environment with a newer Python")
    return ok("Python", found)


def check_packages(facts: Software) -> Finding:
    """Those of the extra `local`, their versions, and whether they can be imported."""
    if facts.unmet:
        return problem("Packages", ", ".join(map(_described, facts.unmet)), INSTALL)
    if facts.import_errors:
        what = "; ".join(f"{module} can't be imported: {error}" for module, error in facts.import_errors.items())
        return problem("Packages", what, f"install them again: {INSTALL} --force-reinstall")
    return ok("Packages", ", ".join(f"{name} {version}" for name, version in facts.versions.items()))


def check_programs(facts: Software) -> Finding:
    """SeaweedFS, Traefik, MLflow."""
    broken = {name: trouble for name, trouble in facts.programs.items() if trouble}
    if broken:
        return problem("Programs", "; ".join(f"{name}: {trouble}" for name, trouble in broken.items()), INSTALL)
    if not facts.programs:
        return hint("Programs", "none were looked for")
    return ok("Programs", ", ".join(facts.programs))


def _described(requirement: Requirement) -> str:
    if not requirement.installed:
        return f"{requirement.package} is missing"
    return f"{requirement.package} is {requirement.installed}, not {requirement.wanted}"


def gather() -> Software:
    """Takes the seconds that importing PyTorch and MLflow takes."""
    unmet = unmet_requirements(_DISTRIBUTION, _EXTRA)
    missing = {each.package for each in unmet if not each.installed}
    return Software(
        python=sys.version_info[:3],
        python_wanted=_python_wanted(),
        versions={name: version for name in _SHOWN if (version := _installed(name))},
        unmet=unmet,
        import_errors={} if missing else import_errors(_NATIVE),
        programs={**{name: run_error(name, arguments) for name, arguments in _PROGRAMS.items()}, "mlflow": _mlflow_error()},
    )


def unmet_requirements(distribution: str, extra: str) -> list[Requirement]:
    """What the extra asks for, through other extras of the same distribution, that is missing or has another version."""
    return list(dict.fromkeys(_unmet(distribution, frozenset({extra}), set())))


def _unmet(distribution: str, extras: frozenset[str], seen: set[frozenset[str]]) -> Iterator[Requirement]:
    seen.add(extras)
    try:
        lines = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        yield Requirement(distribution, "", "")
        return
    for wanted in map(Wanted, lines):
        if wanted.marker is not None and not any(wanted.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            continue
        if wanted.name == distribution:
            further = frozenset(wanted.extras)
            yield from () if further in seen else _unmet(distribution, further, seen)
            continue
        installed = _installed(wanted.name)
        if not installed or not wanted.specifier.contains(installed, prereleases=True):
            yield Requirement(wanted.name, str(wanted.specifier), installed)


def import_errors(modules: tuple[str, ...]) -> dict[str, str]:
    """In a process of its own: a library for another processor ends it at once."""
    try:
        command = [sys.executable, "-c", _IMPORTING, *modules]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=False)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or "", None
    said = dict(json.loads(line) for line in output.splitlines() if line.startswith("["))
    ended = f"took more than {_IMPORT_SECONDS} s" if code is None else f"Python ended with {code}"
    return {name: ended if error is None else error for name, error in said.items() if error != ""}


def run_error(name: str, arguments: list[str]) -> str:
    """Empty if the program can be run."""
    try:
        done = subprocess.run([find_program(name), *arguments], capture_output=True, text=True, timeout=_RUN_SECONDS, check=False)
    except ProgramMissing as error:
        return str(error)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"can't be run: {error}"
    return "" if done.returncode == 0 else f"ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-200:]}"


def _mlflow_error() -> str:
    return "" if _installed("mlflow") else "the MLflow server is not installed"


def _python_wanted() -> str:
    try:
        return str(metadata.metadata(_DISTRIBUTION)["Requires-Python"])
    except (metadata.PackageNotFoundError, KeyError):
        return ">=3.11"


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
