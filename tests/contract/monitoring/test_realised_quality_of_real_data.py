"""True outcomes come after the predictions, in pieces, and change what the quality is known to be."""

from collections.abc import Callable

import polars as pl
import pytest
from modelyard_api.pod_contract import GroupUnit
from sklearn.metrics import roc_auc_score

from tests.contract.monitoring.conftest import Deployment
from tests.contract.monitoring.flights import flights

ROWS = 1000


def test_late_labels_are_joined_and_a_loss_alerts_once(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy(window={"rows": ROWS}, performance={"metric": "roc_auc", "atLeast": 0.5}, drift={"share": 1.0})
    traffic = deployment.traffic
    traffic.send(flights().july.head(ROWS))
    assert deployment.run().realized is None

    logged = pl.concat(traffic.written)
    traffic.feed_back(logged.head(60))
    assert deployment.run().realized is None  # too few
    traffic.feed_back(logged.slice(60, 300))
    some = deployment.run().realized
    assert some is not None
    assert some.rows == 360
    traffic.feed_back(logged)  # all of them, some for the second time
    full = deployment.run()
    assert full.realized is not None
    assert full.realized.rows == ROWS
    assert full.realized.value == pytest.approx(roc_auc_score(logged["label"] == "true", logged["output.probability_true"]), abs=1e-5)
    assert full.realized.low < full.realized.value < full.realized.high
    assert (full.realized.degraded, full.realized.groups, full.realized.group_unit) == (False, ROWS, GroupUnit.ROW)
    assert deployment.webhook.events == []

    traffic.feed_back(logged, flipped=True)  # a correction: the later outcome holds
    degraded = deployment.run()
    deployment.run()
    assert degraded.realized is not None
    assert degraded.realized.degraded
    assert deployment.webhook.types() == ["io.modelyard.quality.detected"]
    assert deployment.webhook.events[0]["data"]["realized"]["metric"] == "roc_auc"
    assert [alert["labels"]["alertname"] for alert in deployment.firing()] == ["ModelQualityDegraded"]

    traffic.feed_back(logged)
    deployment.run()
    assert deployment.webhook.types() == ["io.modelyard.quality.detected", "io.modelyard.quality.resolved"]
