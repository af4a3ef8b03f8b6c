"""How the servers are started: on the loopback address alone, without anybody's own settings."""

import json
import os
import re
import stat
from pathlib import Path

import pytest
from modelyard_local.home import Home
from modelyard_local.keys import Keys
from modelyard_local.servers import mlflow, seaweedfs, traefik
from modelyard_local.servers.supervision import ProgramMissing, Server, clean_environment, find_program

KEYS = Keys(s3_access_key="the-key", s3_secret_key="the-secret")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.make()
    for server in ("s3", "mlflow", "gateway"):
        home.data(server).mkdir()
    return home


def inner(home: Home) -> seaweedfs.InnerPorts:
    return seaweedfs.inner_ports(home, lambda _: True)


def all_servers(home: Home) -> list[Server]:
    s3 = seaweedfs.server(home, KEYS, 8333, inner(home))
    return [s3, mlflow.server(home, KEYS, 5000, "http://127.0.0.1:8333"), traefik.server(home, 8080)]


def test_no_command_line_shows_the_secret_key(home: Home) -> None:
    assert not any("the-secret" in argument for server in all_servers(home) for argument in server.command)


def test_no_server_sees_settings_of_the_user(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "MLFLOW_TRACKING_URI", "HTTP_PROXY", "TRAEFIK_LOG", "WEED_X"):
        monkeypatch.setenv(name, "the user's")
    for server in all_servers(home):
        assert "the user's" not in server.environment.values()
        assert server.environment["HOME"].startswith(str(home.folder))
        assert server.environment["PATH"] == os.environ["PATH"]


def test_seaweedfs_is_told_every_port_and_the_loopback_address(home: Home) -> None:
    command = seaweedfs.server(home, KEYS, 8333, inner(home)).command
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port=8333", "-s3.port.iceberg=0", "-s3.port.lance=0"} <= set(command)
    given = {argument.partition("=")[0] for argument in command}
    assert {f"-{part}.port{kind}" for part in ("master", "volume", "filer") for kind in ("", ".grpc")} | {"-s3.port.grpc"} <= given


def test_the_inner_ports_of_seaweedfs_stay_as_long_as_they_are_free(home: Home) -> None:
    first = inner(home)
    assert inner(home) == first
    changed = seaweedfs.inner_ports(home, lambda port: port != first.filer)
    assert first.filer not in changed.model_dump().values()
    assert seaweedfs.inner_ports(home, lambda _: True) == changed


def test_sockets_that_another_user_left_are_avoided(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(seaweedfs, "_SOCKETS", tmp_path)
    first = inner(home)
    first.sockets[0].touch()
    assert inner(home) == first, "our own, of a server that was killed"
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    assert inner(home).master_grpc != first.master_grpc


def test_sockets_are_in_the_home_unless_its_name_is_too_long(home: Home, tmp_path: Path) -> None:
    deep = Home(tmp_path / ("d" * 120))
    deep.make()
    deep.data("s3").mkdir()
    for place, where in ((home, str(tmp_path)), (deep, "/tmp/modelyard-")):
        options = [each for each in seaweedfs.server(place, KEYS, 8333, inner(place)).command if ".localSocket=" in each]
        assert len(options) == 2
        assert all(each.partition("=")[2].startswith(where) for each in options)


def test_the_key_file_of_s3_is_closed_to_others(home: Home) -> None:
    seaweedfs.server(home, KEYS, 8333, inner(home))
    [file] = home.data("s3").glob("identities.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["identities"][0]["credentials"] == [{"accessKey": "the-key", "secretKey": "the-secret"}]


def test_mlflow_lets_in_only_its_own_pages(home: Home) -> None:
    command = list(mlflow.server(home, KEYS, 5000, "http://127.0.0.1:8333").command)
    assert command[command.index("--allowed-hosts") + 1] == "127.0.0.1:5000,localhost:5000"
    assert command[command.index("--cors-allowed-origins") + 1] == "http://127.0.0.1:5000,http://localhost:5000"
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_traefik_reads_one_file_of_ours_and_calls_nobody(home: Home) -> None:
    [_, option] = traefik.server(home, 8080).command
    said = json.loads(Path(option.removeprefix("--configFile=")).read_text())
    assert said["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}
    assert said["entryPoints"]["gateway"]["address"] == "127.0.0.1:8080"
    assert said["providers"]["file"] == {"directory": str(home.routes), "watch": True}
    assert "api" not in said


def test_a_program_that_is_not_installed_is_named_with_the_fix() -> None:
    with pytest.raises(ProgramMissing, match=re.escape('the program no-such-weed is not installed: pip install "modelyard[local]"')):
        find_program("no-such-weed")


def test_a_clean_environment_is_made_from_scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    made = clean_environment(tmp_path, EXTRA="1")
    assert (made["LANG"], made["EXTRA"], made["HOME"]) == ("C.UTF-8", "1", str(tmp_path))
    assert "SECRET_TOKEN" not in made
