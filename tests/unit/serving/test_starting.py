"""From the environment to a loaded model: settings, cores, attempts."""

import pytest
from modelyard_clients.platform import PlatformIncomplete
from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.model_folder import digest_of
from modelyard_serving.__main__ import InvalidRequest, read_request
from modelyard_serving.failures import ModelUnusable, NotReady, RegistryUnavailable
from modelyard_serving.served_model import require_accepted
from modelyard_serving.settings import InvalidSetting, Settings, usable_cores
from modelyard_serving.startup import Readiness, Startup


def test_settings_come_from_the_environment():
    settings = Settings.from_environment(
        {"MODELYARD_PORT": "9000", "MODELYARD_DRAIN_SECONDS": "0.5", "MODELYARD_HOST": "127.0.0.1", "MODELYARD_THREADS": ""}
    )
    assert (settings.port, settings.drain_seconds, settings.host, settings.threads) == (9000, 0.5, "127.0.0.1", 0)


def test_draining_finishing_and_flushing_fit_into_kubernetes_grace_period():
    settings = Settings()
    assert settings.drain_seconds + settings.finish_seconds + settings.flush_seconds < 30


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("PORT", "-1"), ("DRAIN_SECONDS", "inf"), ("DRAIN_SECONDS", "nan"), ("MAX_ROWS", "1.5")]
)
def test_a_setting_that_cannot_be_read_is_named(name, value):
    with pytest.raises(InvalidSetting, match=f"MODELYARD_{name}"):
        Settings.from_environment({f"MODELYARD_{name}": value})


def test_a_request_with_something_unknown_is_refused_by_name():
    request = '{"namespace": "ml", "name": "a", "model": "b", "version": "1", "requestLog": {}, "colour": "red"}'
    with pytest.raises(InvalidRequest, match=r"MODELYARD_REQUEST\.colour: .*what this image doesn't know"):
        read_request({"MODELYARD_REQUEST": request})


@pytest.mark.parametrize(("text", "most"), [("max 100000", 10_000), ("50000 100000", 1), ("100000 100000", 1), ("nonsense", 10_000)])
def test_cores_are_those_of_the_cpu_limit(tmp_path, text, most):
    (tmp_path / "cpu.max").write_text(text)
    assert 1 <= usable_cores(tmp_path / "cpu.max") <= most
    assert usable_cores(tmp_path / "none") >= 1


class Attempts:
    """A build that fails in the given ways, then gives a service."""

    def __init__(self, *failures):
        self.failures, self.service = list(failures), object()
        self.readiness, self.pauses, self.said = Readiness(), [], []

    def build(self):
        if self.failures:
            raise self.failures.pop(0)
        return self.service

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.said.append(self.readiness.why_unready())

    def run(self):
        Startup("ml.flights version 7", self.build, self.readiness, self.pause).run()
        return self


def test_what_may_come_right_is_tried_again_ever_more_rarely():
    away = [RegistryUnavailable("the registry is away")] * 6 + [PlatformIncomplete("no key S3_BUCKET")]
    run = Attempts(*away).run()
    assert run.pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert run.said == ["the registry is away; trying again"] * 6 + ["no key S3_BUCKET; trying again"]
    assert run.readiness.service() is run.service
    assert run.readiness.why_unready() == ""


@pytest.mark.parametrize("failure", [ModelUnusable("answers differ"), ModelFilesInvalid("network.json is damaged")])
def test_a_model_that_must_not_be_served_is_not_tried_again(failure):
    run = Attempts(failure).run()
    assert run.pauses == []
    assert run.readiness.why_unready() == f"ml.flights version 7 can't be served: {failure}"
    with pytest.raises(NotReady):
        run.readiness.service()


def test_a_surprise_keeps_it_unready_in_words():
    run = Attempts(RuntimeError("boom")).run()
    assert run.readiness.why_unready() == "ml.flights version 7 can't be loaded (RuntimeError); the server's log says more"


@pytest.fixture
def accepted(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/a.bin").write_bytes(b"12")
    return tmp_path, digest_of(tmp_path)


def _changed(folder):
    (folder / "model.json").write_text("{} ")


def _added(folder):
    (folder / "more.json").write_text("{}")


def _removed(folder):
    (folder / "weights/a.bin").unlink()


def _renamed(folder):
    (folder / "weights/a.bin").rename(folder / "weights/b.bin")


def _moved(folder):
    (folder / "weights/a.bin").rename(folder / "a.bin")


@pytest.mark.parametrize("change", [_changed, _added, _removed, _renamed, _moved])
def test_no_other_files_than_the_accepted_ones_are_loaded(accepted, change):
    folder, digest = accepted
    require_accepted(folder, digest)
    change(folder)
    with pytest.raises(ModelUnusable, match="its files are not those that were accepted"):
        require_accepted(folder, digest)
    require_accepted(folder, None)  # served since before there was evidence
