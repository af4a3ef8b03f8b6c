"""The story that `make demo-cluster` tells: train, register, promote, serve, drift alert, true outcomes."""

import json

import httpx
import polars as pl

from dev.cluster.commands import ClusterError
from dev.cluster.locations import REPOSITORY
from dev.demo import environment, flights, traffic
from dev.demo.narration import step, tell
from dev.platform.forwarding import forwarded, free_port
from dev.platform.kubectl import Object, condition, get, kubectl, secret_value, wait_until

MANIFESTS = REPOSITORY / "manifests"
WINDOW = 5000
JULY_ROWS = 2 * WINDOW


class Story:
    """One run, in a namespace of its own."""

    def __init__(self, where: environment.Environment) -> None:
        self.where = where
        self.namespace = where.namespace
        self.served = f"http://127.0.0.1:{free_port(8080)}"

    def tell_it(self) -> None:
        """The steps, in order."""
        rows = self.upload_data()
        self.train()
        self.serve(rows.aside)
        self.train_a_worse_one()
        self.quiet_traffic(rows.aside)
        sent, july = self.july(rows.july)
        self.true_outcomes(sent, july)
        self.close()

    def upload_data(self) -> flights.Flights:
        """Put a tenth aside, the rest into S3; start the receiver of alerts."""
        step("Data: flights out of New York, January to April 2013, with the weather at their airport")
        rows = flights.load()
        uri = environment.upload(self.where, "january-to-april", rows.training)
        environment.apply_receiver(self.namespace)
        tell(
            f"{rows.training.height:,} flights in {uri}",
            f"{rows.aside.height:,} drawn at random and put aside, {rows.july.height:,} of July for later",
        )
        return rows

    def train(self) -> None:
        """Apply the quickstart and wait for the promotion."""
        step("Question: will a flight arrive more than 15 minutes late?")
        tell(f"kubectl apply -n {self.namespace} -f manifests/quickstart/")
        tell(kubectl("apply", "-n", self.namespace, "-f", str(MANIFESTS / "quickstart")))
        job = self.finished("flights")
        if condition(job, "Promoted").get("status") != "True":
            raise ClusterError(f"the TrainingJob was not promoted:\n{self.verdict(job)}")
        tell("kubectl describe tj flights   (the verdict, criterion by criterion)", self.verdict(job))
        self.show("tj,md")
        tell(f"The run: {job['status']['mlflow']['url']}")

    def serve(self, aside: pl.DataFrame) -> None:
        """Wait for the service; ask it about one raw row."""
        step("The champion is served")
        wait_until("ModelDeployment flights Available", 300, lambda: self.available("flights"), tell)
        port = int(self.served.rsplit(":", 1)[1])
        environment.forward(self.namespace, "flights", 80, port)
        row = aside.select(flights.FEATURES).drop_nulls().row(0, named=True)
        body = json.dumps({"dataframe_records": [row]})
        tell(f"curl {self.served}/invocations -H 'content-type: application/json' -d '{body}'")
        tell(
            httpx.post(f"{self.served}/invocations", content=body, headers={"content-type": "application/json"}, timeout=30)
            .raise_for_status()
            .text
        )

    def train_a_worse_one(self) -> None:
        """A model that knows less ends CriteriaNotMet."""
        step("A second, worse TrainingJob: the champion stays")
        champion = get("md", "flights", self.namespace)["status"]["version"]
        kubectl("apply", "-n", self.namespace, "-f", str(MANIFESTS / "examples" / "flights-worse.yaml"))
        job = self.finished("flights-worse")
        if condition(job, "Registered").get("reason") != "CriteriaNotMet":
            raise ClusterError(f"flights-worse was expected to miss its criteria: {condition(job, 'Registered')}")
        still = get("md", "flights", self.namespace)["status"]["version"]
        tell(self.verdict(job), f"State: {job['status']['state']}; the champion is still version {still}")
        if still != champion:
            raise ClusterError(f"the champion moved from {champion} to {still}")

    def quiet_traffic(self, aside: pl.DataFrame) -> None:
        """The flights put aside: same months, no alert."""
        step("Traffic from the same months: no alert")
        already = self.judged()
        traffic.send(self.served, aside.select(flights.FEATURES).sample(fraction=1.0, seed=0, shuffle=True))
        tell(f"{aside.height:,} flights sent in random order; the monitor judges every {WINDOW:,} of them, once a minute")
        self.await_windows(already + aside.height // WINDOW)
        self.show_monitoring()
        if self.alerts():
            raise ClusterError(f"an alert on a stable feed: {self.alerts()}")
        tell("alerts received: 0")

    def july(self, july: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
        """July's flights: the weather moved."""
        step("July's flights: the weather moved")
        rows = july.sample(JULY_ROWS, seed=0, shuffle=True)
        sent = traffic.send(self.served, rows.select(flights.FEATURES))
        tell(f"{rows.height:,} flights of July sent")
        alerts = wait_until("the drift alert", 300, self.alerts, tell)
        tell("The receiver got:", json.dumps(alerts[0], indent=2)[:2500])
        wait_until(
            "condition Drifted", 120, lambda: condition(get("md", "flights", self.namespace), "Drifted").get("status") == "True", tell
        )
        self.show_monitoring()
        return sent, rows

    def true_outcomes(self, sent: list[str], july: pl.DataFrame) -> None:
        """What really happened, and the quality that it shows."""
        step("July's true outcomes arrive")
        late = july["arr_delay"] > flights.LATE_MINUTES
        traffic.send_outcomes(self.served, sent, ["true" if each else "false" for each in late])
        realized = wait_until("the realised ROC-AUC", 300, lambda: self.monitoring().get("realized"), tell)
        tell(
            f"Realised {realized['metric']}: {realized['value']:.3f}, 95 % interval {realized['low']:.3f} to {realized['high']:.3f}, {realized['rows']:,} rows"
        )

    def close(self) -> None:
        """What is left running and how to look at it."""
        alerts = [each for each in self.alerts() if each["type"] == "io.modelyard.drift.detected"]
        if len(alerts) != 1:
            raise ClusterError(f"exactly one drift alert was expected, the receiver holds {len(alerts)}")
        step("It all stays up")
        self.show("tj,md")
        password = secret_value("modelyard-system", "modelyard-mlflow", "admin-password")
        tell(
            f"MLflow:    {self.where.mlflow_url}   user admin, password {password}",
            f"Report:    {self.monitoring().get('reportUrl')}   (S3 at {self.where.s3_url})",
            f"Service:   {self.served}/docs",
            f"kubectl:   export KUBECONFIG=$(make -s kubeconfig); kubectl get tj,md -n {self.namespace}",
            "Stop:      make demo-cluster-down (this demo), make cluster-down (the cluster)",
        )

    def finished(self, name: str) -> Object:
        """The TrainingJob once it is decided, with its state told as it changes."""
        seen: list[str] = []

        def probe() -> Object | None:
            job = get("tj", name, self.namespace)
            state = job.get("status", {}).get("state", "")
            if state and (not seen or seen[-1] != state):
                seen.append(state)
                tell(f"{name}: {state}")
            return job if state in ("Promoted", "CriteriaNotMet", "Inconclusive", "Failed") else None

        return wait_until(f"TrainingJob {name}", 900, probe, tell)

    def verdict(self, job: Object) -> str:
        """The verdict table as lines."""
        rows = job.get("status", {}).get("result", {}).get("verdict", [])
        lines = [
            f"{row['metric']:10} {row['wanted']:32} got {row.get('got', ''):8} {row.get('interval', ''):20} {row['state']}" for row in rows
        ]
        return "\n".join(lines or [json.dumps(job.get("status", {}).get("conditions", []), indent=1)])

    def available(self, name: str) -> bool:
        """The ModelDeployment answers."""
        return condition(get("md", name, self.namespace), "Available").get("status") == "True"

    def monitoring(self) -> Object:
        """What the monitor found last."""
        found: Object = get("md", "flights", self.namespace).get("status", {}).get("monitoring", {})
        return found

    def judged(self) -> int:
        """Windows judged so far."""
        return int(self.monitoring().get("windowsJudged", 0))

    def await_windows(self, number: int) -> None:
        """Wait for the monitor."""
        wait_until(f"{number} windows judged", 300, lambda: self.judged() >= number, tell)

    def alerts(self) -> list[Object]:
        """What the receiver holds."""
        with forwarded(self.namespace, "alert-receiver", 8080, environment.FORWARDS.parent / "receiver.log") as url:
            found: list[Object] = httpx.get(url, timeout=10).json()
        return found

    def show(self, kinds: str) -> None:
        """kubectl get."""
        tell(f"kubectl get {kinds} -n {self.namespace}", kubectl("get", kinds, "-n", self.namespace))

    def show_monitoring(self) -> None:
        """Votes and the columns that moved most."""
        found = self.monitoring()
        tell(f"votes for drift: {found.get('votes')}; share of drifted columns: {found.get('driftedShare')}")
        for column in found.get("columns", [])[:5]:
            tell(
                f"  {column['name']:16} {column.get('distance') or 0:8.3f}  (limit {column['threshold']}) {'DRIFTED' if column['drifted'] else ''}"
            )
