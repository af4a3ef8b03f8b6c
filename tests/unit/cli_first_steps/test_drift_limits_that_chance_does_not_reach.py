"""The limits that `modelyard init` writes, put to the monitor's own judge: rows of one distribution are no drift."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.model_deployment import Monitoring
from modelyard_cli.init.model_deployment_text import thresholds
from modelyard_jobs.monitoring.checks.input_drift import compare_window

WINDOWS = 3


def rows(random: np.random.Generator, size: int) -> pl.DataFrame:
    weights = [0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.03, 0.02]
    return pl.DataFrame(
        {
            "input.amount": random.normal(size=size),
            "input.waiting": random.exponential(size=size),
            "input.kind": random.choice(list("abcdefgh"), size, p=weights),
            "output.prediction": random.choice(["no", "yes"], size),
        }
    )


@pytest.mark.parametrize("reference", [60, 300])
def test_chance_alone_gives_no_vote(reference: int) -> None:
    numerical, categorical = thresholds(reference)
    drift = {
        "numerical": {"method": "PSI", "threshold": numerical},
        "categorical": {"method": "JensenShannon", "threshold": categorical},
        "share": 0.3,
    }
    monitoring = Monitoring.model_validate({"window": {"rows": 500}, "drift": drift})
    random = np.random.default_rng(0)
    votes = [compare_window(rows(random, reference), rows(random, 500), monitoring).vote for _ in range(WINDOWS)]
    assert votes == [False] * WINDOWS


def test_with_the_usual_limits_chance_would_vote_where_there_is_little_to_compare_with() -> None:
    monitoring = Monitoring.model_validate({"window": {"rows": 500}})
    random = np.random.default_rng(0)
    votes = [compare_window(rows(random, 60), rows(random, 500), monitoring).vote for _ in range(WINDOWS)]
    assert any(votes)
