"""The scenario: train, promote, serve, turn a worse model away, stay quiet, tell of drift once, learn what really happened."""

import json
from collections.abc import Callable

import polars as pl

from dev.cluster.locations import REPOSITORY
from dev.demo import flights, traffic
from dev.demo.flights import download_report, upload
from dev.demo.place import DemoStopped, Place, step, tell
from dev.demo.watching import (
    await_condition,
    decided,
    drift_alerts,
    judged,
    monitoring,
    served_version,
    serves,
    verdict,
    without_columns,
)
from dev.platform.kubectl import condition, wait_until

QUICKSTART = "manifests/quickstart"
WORSE = "manifests/examples/flights-worse.yaml"
WINDOW = 5000
JULY_ROWS = 2 * WINDOW
_MONITOR_SECONDS = 300


class Scenario:
    """One run. While the monitor's minute passes, the next thing is already done."""

    def __init__(self, place: Place, load: Callable[[], flights.Flights]) -> None:
        self.place = place
        self.load = load

    def run(self) -> None:
        """The steps, in order."""
        rows = self.upload_data()
        self.serve(self.train(), rows.aside)
        windows = self.send_quiet_traffic(rows.aside)
        self.train_a_worse_one()
        self.nobody_is_alerted(windows)
        self.july(rows.july)
        self.true_outcomes()
        self.close()

    def upload_data(self) -> flights.Flights:
        """Hold out a tenth, the rest into S3; start the receiver of alerts."""
        step("Data: flights out of New York, January to April 2013, with the weather at their airport")
        rows = self.load()
        uri = upload(self.place.s3(), "january-to-april", rows.training)
        self.place.start_receiver()
        tell(
            f"{rows.training.height:,} flights in {uri}",
            f"{rows.aside.height:,} drawn at random and held out, {rows.july.height:,} of July for later",
        )
        return rows

    def train(self) -> str:
        """Apply the quickstart and wait for the promotion. Gives the version."""
        step("Question: will a flight arrive more than 15 minutes late?")
        self.apply(f"{QUICKSTART}/")
        job = decided(self.place, "flights")
        if condition(job, "Promoted").get("status") != "True":
            raise DemoStopped(f"the TrainingJob was not promoted:\n{verdict(job)}")
        tell(f"{self.place.tool} describe tj flights   (the verdict, criterion by criterion)", verdict(job))
        self.show("tj,md")
        tell(f"The run: {job['status']['mlflow']['url']}")
        return str(job["status"]["result"]["modelVersion"])

    def serve(self, version: str, aside: pl.DataFrame) -> None:
        """Wait for the service; ask it about one raw row. A demo before this one in the same namespace may have left a champion that is served first."""
        step("The champion is served")
        wait_until(f"version {version}", 300, lambda: serves(self.place, version), tell)
        row = aside.select(flights.FEATURES).drop_nulls().row(0, named=True)
        tell(*self.place.predict(row))

    def send_quiet_traffic(self, aside: pl.DataFrame) -> int:
        """The held-out flights: same months. Returns how many windows will be judged after them."""
        step("Traffic from the same months")
        already = judged(self.place)
        traffic.send(self.place.served(), aside.select(flights.FEATURES).sample(fraction=1.0, seed=0, shuffle=True))
        tell(f"{aside.height:,} flights sent in random order; the monitor judges every {WINDOW:,} of them, once a minute; meanwhile:")
        return already + aside.height // WINDOW

    def train_a_worse_one(self) -> None:
        """A model that knows less ends CriteriaNotMet."""
        step("A second, worse TrainingJob: the champion stays")
        champion = served_version(self.place)
        self.apply(WORSE)
        job = decided(self.place, "flights-worse")
        if condition(job, "Registered").get("reason") != "CriteriaNotMet":
            raise DemoStopped(f"flights-worse was expected to miss its criteria: {condition(job, 'Registered')}")
        still = served_version(self.place)
        tell(verdict(job), f"State: {job['status']['state']}; the champion is still version {still}")
        tell(*self.place.explain("flights-worse"))
        if still != champion:
            raise DemoStopped(f"the champion moved from {champion} to {still}")

    def nobody_is_alerted(self, windows: int) -> None:
        """The monitor has judged the held-out flights."""
        step("The traffic from the same months, judged: no alert")
        wait_until(f"{windows} windows judged", _MONITOR_SECONDS, lambda: judged(self.place) >= windows, tell)
        self.show_monitoring()
        if alerts := self.place.alerts():
            raise DemoStopped(f"an alert on a stable feed: {alerts}")
        tell("alerts received: 0")

    def july(self, july: pl.DataFrame) -> None:
        """July's flights: the weather moved. The planes land before the monitor's minute is over, so their outcomes go along."""
        step("July's flights: the weather moved")
        rows = july.sample(JULY_ROWS, seed=0, shuffle=True)
        sent = traffic.send(self.place.served(), rows.select(flights.FEATURES))
        late = rows["arr_delay"] > flights.LATE_MINUTES
        traffic.send_outcomes(self.place.served(), sent, ["true" if each else "false" for each in late])
        tell(f"{rows.height:,} flights of July sent, and afterwards what really happened to them, by request id")
        alerts = wait_until("the drift alert", _MONITOR_SECONDS, lambda: drift_alerts(self.place), tell)
        tell("The receiver got:", json.dumps(without_columns(alerts[0]), indent=2))
        await_condition(self.place, "md", "flights", "Drifted", 120)
        self.show_monitoring()

    def true_outcomes(self) -> None:
        """The quality that July's true outcomes show."""
        step("How good is the model still? July's true outcomes")
        realized = wait_until("the realised ROC-AUC", _MONITOR_SECONDS, lambda: monitoring(self.place).get("realized"), tell)
        interval = f"95 % interval {realized['low']:.3f} to {realized['high']:.3f}"
        tell(f"Realised {realized['metric']}: {realized['value']:.3f}, {interval}, {realized['rows']:,} rows")

    def close(self) -> None:
        """What is left running and how to look at it."""
        alerts = drift_alerts(self.place)
        if len(alerts) != 1:
            raise DemoStopped(f"exactly one drift alert was expected, the receiver holds {len(alerts)}")
        step("It all stays up")
        self.show("tj,md")
        report = download_report(self.place.s3(), monitoring(self.place)["reportUrl"])
        for name, what in (("Report", report.as_uri()), *self.place.addresses()):
            tell(f"{name + ':':10} {what}")

    def apply(self, path: str) -> None:
        """A file or folder of the repository, as it is."""
        tell(f"{self.place.tool} apply -n {self.place.namespace} -f {path}")
        tell(self.place.run("apply", "-n", self.place.namespace, "-f", str(REPOSITORY / path)))

    def show(self, kinds: str) -> None:
        """The table that people see."""
        tell(f"{self.place.tool} get {kinds} -n {self.place.namespace}")
        tell(self.place.run("get", kinds, "-n", self.place.namespace))

    def show_monitoring(self) -> None:
        """Votes and the columns that moved most."""
        found = monitoring(self.place)
        tell(f"votes for drift: {found.get('votes')}; share of drifted columns: {found.get('driftedShare')}")
        for each in found.get("columns", [])[:5]:
            distance = f"{each.get('distance') or 0:8.3f}  (limit {each['threshold']})"
            tell(f"  {each['name']:16} {distance} {'DRIFTED' if each['drifted'] else ''}")
