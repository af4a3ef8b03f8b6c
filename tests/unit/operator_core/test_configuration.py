"""The operator's environment: what is needed, what is chosen, and what is wrong."""

import re
from pathlib import Path

import pytest
from modelyard_operator import configuration
from modelyard_operator.configuration import ConfigurationError, from_environment

NEEDED = {
    "MODELYARD_IMAGE_JOBS": "jobs:1",
    "MODELYARD_IMAGE_SERVING": "serving:1",
    "MODELYARD_IMAGE_MONITORING": "monitoring:1",
    "MLFLOW_TRACKING_URI": "http://mlflow:5000/",
}


def test_what_is_needed_is_enough() -> None:
    chosen = from_environment(NEEDED)
    assert (chosen.images.jobs, chosen.images.pull_policy, chosen.watch_namespaces) == ("jobs:1", "IfNotPresent", ())
    assert (chosen.lease_namespace, chosen.lease_name, chosen.http_port) == ("modelyard-system", "modelyard-operator", 8080)
    assert chosen.run_url("3", "abc") == "http://mlflow:5000/#/experiments/3/runs/abc"


def test_everything_can_be_chosen() -> None:
    chosen = from_environment(
        {
            **NEEDED,
            "MODELYARD_IMAGE_PULL_POLICY": "Never",
            "MODELYARD_MLFLOW_EXTERNAL_URL": "https://mlflow.example.com",
            "MODELYARD_WATCH_NAMESPACES": "lab, ml,,",
            "MODELYARD_LEASE_NAMESPACE": "ops",
            "MODELYARD_LEASE_NAME": "mine",
            "MODELYARD_MLFLOW_WORKSPACE": "default",
            "POD_NAME": "operator-0",
            "MODELYARD_WORKERS": "2",
            "MODELYARD_RESYNC_SECONDS": "60",
            "MODELYARD_ALIAS_POLL_SECONDS": "1.5",
            "MODELYARD_HTTP_PORT": "9000",
            "MODELYARD_LOG_LEVEL": "DEBUG",
        }
    )
    assert chosen.images.pull_policy == "Never"
    assert chosen.watch_namespaces == ("lab", "ml")
    assert (chosen.lease_namespace, chosen.lease_name, chosen.identity) == ("ops", "mine", "operator-0")
    assert (chosen.workers, chosen.resync_seconds, chosen.alias_poll_seconds, chosen.http_port) == (2, 60, 1.5, 9000)
    assert chosen.run_url("3", "abc") == "https://mlflow.example.com/#/experiments/3/runs/abc?workspace=default"


@pytest.mark.parametrize("variable", NEEDED)
def test_what_is_missing_is_named(variable: str) -> None:
    with pytest.raises(ConfigurationError, match=f"environment variable {variable} is missing"):
        from_environment({**NEEDED, variable: " "})


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("MODELYARD_IMAGE_PULL_POLICY", "Sometimes", "use one of IfNotPresent, Always, Never"),
        ("MODELYARD_LOG_LEVEL", "loud", "use one of INFO"),
        ("MODELYARD_WORKERS", "many", "use a number above 0"),
        ("MODELYARD_RESYNC_SECONDS", "0", "use a number above 0"),
        ("MODELYARD_ALIAS_POLL_SECONDS", "nan", "use a number above 0"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_use(variable: str, value: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable} is '{value}': {advice}"):
        from_environment({**NEEDED, variable: value})


def test_every_variable_that_is_read_is_documented() -> None:
    source = Path(configuration.__file__).read_text()
    read = set(re.findall(r'environment(?:\.get\(|, )"([A-Z_]+)"', source))
    documented = set(re.findall(r"\b(MODELYARD_[A-Z_]+|MLFLOW_[A-Z_]+|POD_NAME)\b: ", source))
    assert read
    assert read <= documented
