"""What a pod is told of its places, and what is kept of its log."""

import os
import sys
from pathlib import Path

from modelyard_local.runner.pod_inputs import environment
from modelyard_local.runner.pod_run import PodRun

from tests.unit.local_runner.objects import Object

_FOLDER = Path("/home/of/pod")
_JOBS: Object = {"metadata": {"annotations": {"batch.kubernetes.io/job-completion-index": "2"}}}


def test_places_are_the_pods_own_whatever_its_manifest_says() -> None:
    told = environment(_JOBS, _FOLDER, {"HOME": "/tmp", "EXTRA": "x"}, port=0, gpus=())
    assert {told[name] for name in ("HOME", "TMPDIR", "MODELYARD_SCRATCH")} == {"/home/of/pod/tmp"}
    assert told["MODELYARD_ONE_MACHINE"] == "true"  # file:// may be read
    assert told["MODELYARD_ROOT"] == "/home/of/pod/etc/modelyard"
    assert told["MODELYARD_TERMINATION_PATH"] == "/home/of/pod/termination-log"
    assert (told["EXTRA"], told["JOB_COMPLETION_INDEX"], told["CUDA_VISIBLE_DEVICES"]) == ("x", "2", "")
    assert "MODELYARD_PORT" not in told


def test_commands_are_looked_up_beside_this_python_first() -> None:
    told = environment({"metadata": {}}, _FOLDER, {}, port=0, gpus=())
    assert told["PATH"].split(":")[0] == str(Path(sys.executable).parent)


def test_a_server_is_told_where_to_listen_and_which_gpus_it_has() -> None:
    told = environment({"metadata": {}}, _FOLDER, {}, port=20001, gpus=("1", "3"))
    assert (told["MODELYARD_HOST"], told["MODELYARD_PORT"], told["CUDA_VISIBLE_DEVICES"]) == ("127.0.0.1", "20001", "1,3")
    assert "JOB_COMPLETION_INDEX" not in told


def test_a_long_log_keeps_its_end_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as writer:  # as a pod's process does
        writer.truncate(33 * 2**20)
        writer.write(b"before\n")
        writer.flush()
        PodRun(tmp_path).bound_log()
        writer.write(b"after\n")
    assert log.stat().st_size == 8 * 2**20 + len("after\n")
    with log.open("rb") as reader:
        reader.seek(-len("before\nafter\n"), os.SEEK_END)
        assert reader.read() == b"before\nafter\n"


def test_a_short_log_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("all of it")
    PodRun(tmp_path).bound_log()
    assert (tmp_path / "log").read_text() == "all of it"
