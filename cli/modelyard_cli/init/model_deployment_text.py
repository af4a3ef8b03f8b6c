"""``model-deployment.yaml``: serves the champion, and watches with limits that fit the number of rows."""

import math
from collections.abc import Iterator

from modelyard_api.base import API_VERSION
from modelyard_api.catalogue.metrics import Metric, lower_is_better

from modelyard_cli.init.survey import Survey
from modelyard_cli.init.yaml_text import comment, commented, scalar

_WINDOW, _MINIMUM = 500, 200  # rows
_USUAL_PSI, _USUAL_JENSEN_SHANNON = 0.2, 0.1
_BINS, _CATEGORIES = 10, 5  # of a usual column


def model_deployment_text(survey: Survey, name: str) -> str:
    """The whole file."""
    lines = [
        *comment(f"Serves the model that the TrainingJob {name} promotes, and watches its inputs. Written by `modelyard init`: a start."),
        f"apiVersion: {API_VERSION}",
        "kind: ModelDeployment",
        "metadata:",
        f"  name: {scalar(name)}",
        "spec:",
        *commented(f"  model: {{name: {scalar(name)}, alias: champion}}", 'follows the alias; version: "3" would stay there'),
        "  replicas: 1",
        "  monitoring:",
        '    schedule: "*/5 * * * *" # when to look, in cron\'s five fields (UTC)',
        f"    window: {{rows: {_WINDOW}}} # judged when so many new predictions have come; seconds: 3600 judges by the clock",
        f"    minimumRows: {_MINIMUM} # fewer say nothing",
        *_drift(survey.reference_rows),
        *_performance(survey.target.metric),
        "    alert:",
        "      after: 2 # windows that say drift …",
        "      of: 3 # … among so many last ones",
        *comment("notify: [{secretRef: {name: alert-urls}}] # a Secret with the key webhook and/or alertmanager", indent=6),
    ]
    return "\n".join(lines) + "\n"


def _drift(reference: int) -> Iterator[str]:
    """A distance between two samples is never 0: with few rows it reaches the usual thresholds by chance."""
    psi, jensen_shannon = thresholds(reference)
    yield "    drift: # compared with rows that were held out before training"
    if psi > _USUAL_PSI:
        text = f"only about {reference:,} rows to compare with: chance alone moves distances, so the limits are wider than the usual {_USUAL_PSI:g} and {_USUAL_JENSEN_SHANNON:g}"
        yield from comment(text, indent=6)
    yield f"      numerical: {{method: PSI, threshold: {psi:g}}}"
    yield f"      categorical: {{method: JensenShannon, threshold: {jensen_shannon:g}}}"
    yield "      share: 0.3 # of the columns: from here on a window says drift"


def thresholds(reference: int) -> tuple[float, float]:
    """PSI and Jensen-Shannon distance that chance hardly reaches.

    Between samples of n and m rows of one distribution over k cells PSI is about (k - 1)(1/n + 1/m), and the squared
    Jensen-Shannon distance an eighth of it: PSI is a symmetric chi-square statistic to second order.
    """
    noise = 1 / max(reference, 1) + 1 / _WINDOW
    psi = 3 * (_BINS - 1) * noise
    jensen_shannon = 2 * math.sqrt((_CATEGORIES - 1) * noise / 8)
    return max(_USUAL_PSI, math.ceil(psi * 10) / 10), max(_USUAL_JENSEN_SHANNON, math.ceil(jensen_shannon * 20) / 20)


def _performance(metric: Metric) -> Iterator[str]:
    bound = "atMost" if lower_is_better(metric) else "atLeast"
    yield from comment("Once true outcomes are sent to /feedback; a limit a little worse than what `modelyard explain` shows:", indent=4)
    yield from comment(f"performance: {{metric: {metric}, {bound}: …}}", indent=4)
