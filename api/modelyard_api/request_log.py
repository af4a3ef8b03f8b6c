"""Where requests, feedback, monitoring state and models' reference samples are, and which columns their Parquet files have.

Keys in the platform's bucket start with the namespace::

    <namespace>/<deployment>/requests/date=YYYY-MM-DD/<microseconds>-<pod>-<number>.parquet
    <namespace>/<deployment>/feedback/date=YYYY-MM-DD/<microseconds>-<pod>-<number>.parquet
    <namespace>/<deployment>/monitoring/state.json          windows, votes and the alert episode; written conditionally (ETag)
    <namespace>/<deployment>/monitoring/reports/<window>.html       Evidently's page (gzip) of the 50 newest windows
    <namespace>/<deployment>/monitoring/predictions/<window>.parquet  their predictions, to be joined with outcomes that come later

``<microseconds>`` is the UTC time of writing since the epoch, 16 digits, so that keys sort by time.
"""

REQUEST_ID = "request_id"  # text; unique per request, also answered in the x-request-id header
ROW = "row"  # int64; index of the row in its request
TIME = "time"  # UTC timestamp in microseconds, when the server answered
MODEL_VERSION = "model_version"  # text
INPUT_PREFIX = "input."  # one column per input of the model's signature
OUTPUT_PREFIX = "output."  # one column per output: the next two for classes, the first for numbers
PREDICTION = f"{OUTPUT_PREFIX}prediction"
PROBABILITY_PREFIX = f"{OUTPUT_PREFIX}probability_"  # and the class
OUTCOME = "outcome"  # feedback: the true value, as text
LABEL = "label"  # reference sample: the true value, as text
GROUP_COLUMN = "group"  # reference sample: the split's group, as text


def deployment_prefix(namespace: str, deployment: str) -> str:
    """Prefix of everything that belongs to a ModelDeployment."""
    return f"{namespace}/{deployment}"


def requests_prefix(namespace: str, deployment: str) -> str:
    """Prefix of the request log."""
    return f"{deployment_prefix(namespace, deployment)}/requests/"


def feedback_prefix(namespace: str, deployment: str) -> str:
    """Prefix of the true outcomes."""
    return f"{deployment_prefix(namespace, deployment)}/feedback/"


def monitoring_prefix(namespace: str, deployment: str) -> str:
    """Prefix of the monitor's state and reports."""
    return f"{deployment_prefix(namespace, deployment)}/monitoring/"
