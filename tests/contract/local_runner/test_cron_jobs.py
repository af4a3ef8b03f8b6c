"""CronJobs on time: a run, its Job's pod, its last words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.contract.local_runner.conftest import NAMESPACE, Object, eventually, job, running


def _cron_job() -> Object:
    fields = {"schedule": "* * * * *", "timeZone": "Etc/UTC", "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 30}
    script = "import os; open(os.environ['MODELYARD_TERMINATION_PATH'], 'w').write('looked')"
    template = {
        "metadata": {"labels": {"app": "monitor"}},
        "spec": {key: job("x", script)["spec"][key] for key in ("backoffLimit", "template")},
    }
    metadata = {"name": "monitor", "namespace": NAMESPACE}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": {**fields, "jobTemplate": template}}


def test_a_run_at_every_minute(tmp_path: Path) -> None:
    started = datetime.now(UTC)
    ahead = [timedelta(seconds=58.5 - started.second - started.microsecond / 1e6)]
    with running(tmp_path / "home", now=lambda: datetime.now(UTC) + ahead[0]) as platform:
        platform.store.create(_cron_job())
        done = eventually(
            lambda: (found := platform.get("CronJob", "monitor")) and found.get("status", {}).get("lastSuccessfulTime") and found
        )
        assert done is not None
        pod = platform.pods(app="x")[0]
        assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"] == "looked"
        controllers = [pod["metadata"]["ownerReferences"][0]["kind"], pod["metadata"]["ownerReferences"][0]["name"].rsplit("-", 1)[0]]
        assert controllers == ["Job", "monitor"]
        first = {pod["metadata"]["name"]}
        ahead[0] += timedelta(minutes=1)
        eventually(lambda: len({each["metadata"]["name"] for each in platform.pods(app="x")} - first) == 1)
        platform.delete("CronJob", "monitor")
        eventually(lambda: not platform.pods(app="x"))
