"""Python, packages and programs."""

from packaging.specifiers import SpecifierSet

from modelyard_local.diagnosis.facts import Requirement, Software
from modelyard_local.diagnosis.finding import Finding, hint, ok, problem
from modelyard_local.servers.definition import INSTALL


def python(facts: Software) -> Finding:
    """Its version."""
    found = ".".join(map(str, facts.python))
    if not SpecifierSet(facts.python_wanted).contains(found):
        return problem("Python", f"{found}; Modelyard needs {facts.python_wanted}", "make a virtual environment with a newer Python")
    return ok("Python", found)


def packages(facts: Software) -> Finding:
    """Those of the extra `local`, their versions, and whether they can be imported."""
    if facts.unmet:
        return problem("Packages", ", ".join(map(_unmet, facts.unmet)), INSTALL)
    if facts.import_errors:
        what = "; ".join(f"{module} can't be imported: {error}" for module, error in facts.import_errors.items())
        return problem("Packages", what, f"install them again: {INSTALL} --force-reinstall")
    return ok("Packages", ", ".join(f"{name} {version}" for name, version in facts.versions.items()))


def programs(facts: Software) -> Finding:
    """SeaweedFS, Traefik, MLflow."""
    broken = {name: trouble for name, trouble in facts.programs.items() if trouble}
    if broken:
        return problem("Programs", "; ".join(f"{name}: {trouble}" for name, trouble in broken.items()), INSTALL)
    if not facts.programs:
        return hint("Programs", "none were looked for")
    return ok("Programs", ", ".join(facts.programs))


def _unmet(requirement: Requirement) -> str:
    if not requirement.installed:
        return f"{requirement.package} is missing"
    return f"{requirement.package} is {requirement.installed}, not {requirement.wanted}"
