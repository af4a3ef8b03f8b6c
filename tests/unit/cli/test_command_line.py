"""The command line as a whole: every verb is there, help is quick, errors are sentences with an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest
from modelyard_cli.__main__ import _load
from modelyard_cli.errors import CommandError, NotReachable, WrongUsage, ending
from modelyard_cli.verbs import VERBS, Verb
from modelyard_local.home import Home
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import Conflict, Expired, KubeError, NotFound, Refused, Throttled, Unreachable
from modelyard_operator.registry.interface import RegistryRefused, RegistryUnavailable

_SLOW = {"pydantic", "kubernetes", "mlflow", "polars", "yaml", "jsonschema", "httpx", "boto3", "psutil"}
_HELP = f"""
import sys
sys.argv = ["modelyard", *sys.argv[1:]]
from modelyard_cli.__main__ import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
loaded = {_SLOW!r} & set(sys.modules)
assert not loaded, loaded
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, env=environment or None, check=False)


def test_help_loads_nothing_slow_and_names_every_verb() -> None:
    ended = run("-c", _HELP, "--help")
    assert ended.returncode == 0, ended.stderr
    assert all(verb.name in ended.stdout and verb.summary.split()[0] in ended.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_is_there_with_help(verb: Verb) -> None:
    command = _load(verb)
    assert command.name == verb.name
    assert command.help
    names = {name for param in command.params for name in param.opts}
    assert ("--context" in names) == verb.on_resources


def test_options_have_one_meaning_each() -> None:
    for verb in VERBS:
        names = [name for param in _load(verb).params for name in param.opts]
        assert len(names) == len(set(names)), (verb.name, names)


def test_a_typo_is_answered_with_its_neighbour() -> None:
    ended = run("-m", "modelyard_cli", "aply")
    assert (ended.returncode, "Did you mean 'apply'" in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("x"), 1),
        (WrongUsage("x"), 2),
        (NotReachable("x"), 3),
        (Refused("x"), 2),
        (NotFound("x"), 1),
        (Conflict("x"), 1),
        (Expired("x"), 1),
        (Unreachable("x"), 3),
        (Throttled("x", 1), 3),
        (RegistryUnavailable("x"), 3),
        (RegistryRefused("x"), 1),
        (FileNotFoundError(2, "No such file", "x"), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(error: Exception, code: int) -> None:
    end = ending(error)
    assert end is not None
    assert end.exit_code == code
    assert "x" in end.message


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    assert ending(ZeroDivisionError("x")) is None


def test_the_request_is_left_out_of_an_answer_and_kept_without_one() -> None:
    refused: KubeError = Refused("PATCH /apis/modelyard.io/v1alpha1/x: spec is wrong")
    assert getattr(ending(refused), "message", "") == "spec is wrong"
    assert getattr(ending(Unreachable("GET /api: no answer")), "message", "") == "GET /api: no answer"


def test_the_shell_completes_kinds_and_names(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    store = LocalStore(home.store)
    spec = {"model": {"name": "flights", "alias": "champion"}}
    metadata = {"name": "flights", "namespace": "default"}
    store.create({"apiVersion": "modelyard.io/v1alpha1", "kind": "ModelDeployment", "metadata": metadata, "spec": spec})
    store.close()

    def completed(words: str) -> list[str]:
        environment = {"MODELYARD_HOME": str(home.folder), "HOME": str(tmp_path), "_MODELYARD_COMPLETE": "complete_bash"}
        ended = run("-m", "modelyard_cli", COMP_WORDS=words, COMP_CWORD=str(words.count(" ")), **environment)
        return ended.stdout.split()

    assert completed("modelyard predict f") == ["flights"]
    assert completed("modelyard get m") == ["md", "modelyard", "modeldeployments"]
    assert completed("modelyard get md/f") == ["md/flights"]
    assert completed("modelyard get md f") == ["flights"]
    assert completed("modelyard get tj f") == []
