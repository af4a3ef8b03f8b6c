"""Every reason that a condition may have: what it means, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard_api.conditions import Condition, Reason

_APPLY_ANEW = "correct that and apply a TrainingJob under another name: this one is finished"


@dataclass(frozen=True)
class Meaning:
    """``says`` is a sentence; ``do`` is one as well, or empty where nothing has to be done."""

    says: str
    do: str = ""


_PODS = {
    Reason.PENDING: Meaning("It is about to begin."),
    Reason.PODS_PENDING: Meaning(
        "Its pod doesn't run yet.", "If that lasts, the message says what the pod waits for: room, a volume, a GPU."
    ),
    Reason.PODS_READY: Meaning("Its pod runs."),
    Reason.RESTARTING: Meaning("An attempt has ended and another one follows by itself."),
    Reason.SUSPENDED: Meaning("It is suspended: nothing runs and nothing is started.", "Set spec.policy.suspend to false to go on."),
    Reason.RESUMED: Meaning("It was suspended, and goes on."),
    Reason.FINISHED: Meaning("Its pod has ended; the result is being looked at."),
    Reason.IMAGE_PULL_FAILED: Meaning(
        "The container image can't be fetched.",
        "Check that the image exists and may be pulled (spec.workers.imagePullSecrets); then the pod starts by itself.",
    ),
    Reason.SECRET_NOT_FOUND: Meaning("A Secret that the pod needs isn't there.", "Create it; then the pod starts by itself."),
    Reason.CONFIG_MISSING: Meaning("A ConfigMap that the pod needs isn't there.", "Create it; then the pod starts by itself."),
    Reason.POD_REJECTED: Meaning("The namespace takes no such pod: a quota or Pod Security is in the way.", "Make room, or ask for less."),
}
_ENDS = {
    Reason.ALL_PODS_SUCCEEDED: Meaning("Training has ended well."),
    Reason.DEADLINE_EXCEEDED: Meaning(
        "It ran longer than policy.deadlineSeconds allows.",
        "Apply it under another name with a longer deadline, fewer epochs or a simpler architecture.",
    ),
    Reason.RETRIES_EXHAUSTED: Meaning(
        "It failed as often as policy.retries allows.",
        "Read the last words of its attempts and its log, mend the cause, and apply it under another name.",
    ),
    Reason.DISRUPTIONS_EXHAUSTED: Meaning(
        "Its pods were taken away more often than policy.maxDisruptions allows.",
        "Give it a calmer place (workers.nodeSelector, workers.priorityClassName), and apply it under another name.",
    ),
    Reason.OOM_KILLED: Meaning(
        "It needed more memory than it may have, and was killed.",
        "Raise spec.workers.resources (limits.memory and requests.memory), and apply it under another name.",
    ),
    Reason.UNEXPECTED_ERROR: Meaning(
        "It broke in a way that nobody foresaw.", "Read its log. If it isn't your data, it is a fault of Modelyard: please report it."
    ),
    Reason.CHILD_FAILED: Meaning(
        "The API server could not make an object that this needs, or may not: a quota, a missing right, no free address.",
        "Do what the message says; it is tried again by itself.",
    ),
    Reason.OPERATOR_TOO_OLD: Meaning(
        "Its spec has fields that the installed operator is too old to know; nothing new is started, and what runs goes on.",
        "Upgrade the operator to the version of the CustomResourceDefinitions; then it goes on by itself.",
    ),
    Reason.IMAGE_TOO_OLD: Meaning(
        "Its spec needs what the installed jobs image is too old to do.",
        f"Give the operator the jobs image of its own version (images.jobs of the chart); {_APPLY_ANEW}.",
    ),
    Reason.INVALID_SPEC: Meaning(
        "The manifest asks for something that can't be.", "Correct the field that the message names, and apply it again."
    ),
    Reason.DATA_UNAVAILABLE: Meaning(
        "The data couldn't be fetched.", f"Check data.source: the path, the bucket and the credentials; {_APPLY_ANEW}."
    ),
    Reason.DATA_INVALID: Meaning(
        "The data and the manifest don't fit together.", f"The message names the column and the way out; {_APPLY_ANEW}."
    ),
    Reason.TRAINING_DIVERGED: Meaning(
        "The loss stopped being a number: the steps were too large.",
        "Apply it under another name with a smaller training.optimizer.learningRate.",
    ),
    Reason.SUSPECTED_LEAKAGE: Meaning(
        "One column gives the answer away nearly by itself: it may only be known after the fact, and then the model would be worthless in use.",
        "Not known when a prediction is made: data.columns with role: Ignored. Known: role: Feature vouches for it."
        " Either way apply it under another name: this one is finished.",
    ),
    Reason.NAME_CONFLICT: Meaning("Somebody else's object has a name that is needed here.", "Delete or rename that object."),
}
_PROMOTION = {
    Reason.NAME_TAKEN: Meaning(
        "Somebody else owns the registered model or the experiment of that name in MLflow; nothing is taken away from them.",
        "Choose another name, or ask an MLflow administrator to rename theirs.",
    ),
    Reason.REGISTRY_UNAVAILABLE: Meaning(
        "MLflow doesn't answer, or refuses; the operator tries again by itself and no attempt is spent on it.",
        "If that lasts, look whether MLflow runs and takes the credentials it is given.",
    ),
    Reason.RESULT_MISSING: Meaning(
        "The pod ended well and left no usable result.", "Check that the operator and the jobs image have the same version."
    ),
    Reason.CRITERIA_HELD: Meaning("All criteria hold."),
    Reason.CRITERIA_NOT_MET: Meaning(
        "At least one criterion is missed, so the model was not promoted and what was in use stays in use.",
        "Give it better features, more rows or another architecture, or ask for what these data can give; then apply it under another name.",
    ),
    Reason.COMPARISON_INCONCLUSIVE: Meaning(
        "The test rows can't decide at least one criterion, and in doubt nothing is promoted.",
        "More test rows (or groups) make the interval narrower: more data, or a larger data.split.test; then apply it under another name.",
    ),
    Reason.COMPARISON_FAILED: Meaning(
        "It couldn't be compared with the version that is in use now, so it was not promoted.",
        "The message says why; mend that and apply it under another name.",
    ),
    Reason.APPROVED: Meaning("Somebody approved it, although the test rows can't decide every criterion."),
    Reason.COMPARING: Meaning("It is being compared with the version that is in use now."),
    Reason.CHAMPION_CHANGED: Meaning("Another version came into use since it was judged, so it is compared again first."),
    Reason.APPROVAL_PENDING: Meaning("All criteria hold; the manifest wants a person to approve."),
    Reason.ALIAS_MOVING: Meaning("The alias is about to be moved to it; there is one promotion at a time per model."),
    Reason.ALIAS_MOVED: Meaning("The alias was moved to it."),
    Reason.PROMOTED_OUTSIDE_GATES: Meaning(
        "Somebody moved the alias to it by hand in MLflow, although not all criteria hold.",
        "If that was a mistake, roll back, or move the alias back in MLflow.",
    ),
}
_DEPLOYMENT = {
    Reason.MODEL_NOT_FOUND: Meaning(
        "There is no such model yet.",
        "Train it with a TrainingJob in this namespace, or correct spec.model.name; it is picked up by itself.",
    ),
    Reason.ALIAS_NOT_FOUND: Meaning(
        "No version has the alias yet.", "A TrainingJob that meets its criteria sets it; `modelyard get tj` shows how far they are."
    ),
    Reason.VERSION_NOT_ACCEPTED: Meaning(
        "No TrainingJob of this namespace made this version, and nobody has accepted it; what is served already stays.",
        "Move the alias back, or let somebody with the right to approve accept the version: the message has the command.",
    ),
    Reason.VERSION_NOT_FOUND: Meaning("The model has no such version.", "Set spec.model.version to one that exists, or follow an alias."),
    Reason.ROLLING_OUT: Meaning("A version is being rolled out."),
    Reason.ROLLED_OUT: Meaning("The requested version is rolled out."),
    Reason.ROLLOUT_STALLED: Meaning(
        "The new version doesn't become ready.", "The message and the log of its pod say why; until it is mended the old version stays."
    ),
    Reason.MINIMUM_REPLICAS_AVAILABLE: Meaning("It is served."),
    Reason.MINIMUM_REPLICAS_UNAVAILABLE: Meaning("No pod is ready, so nothing is served.", "The message and the log of its pod say why."),
    Reason.SCALED_TO_ZERO: Meaning("spec.replicas is 0.", "Set spec.replicas to 1 or more."),
}
_MONITORING = {
    Reason.NO_WINDOW_YET: Meaning("No window of predictions was judged yet."),
    Reason.WITHIN_LIMITS: Meaning("All is within its limits."),
    Reason.LIMITS_EXCEEDED: Meaning("A limit was exceeded."),
    Reason.COLUMNS_DEAD: Meaning(
        "A column is missing, empty or of another type: nothing about it is watched, and the model predicts without it.",
        "Mend what sends the requests; `modelyard describe` of the ModelDeployment names the columns.",
    ),
    Reason.NOT_ENOUGH_LABELS: Meaning("Too few true outcomes were sent to say anything.", "Send them to /feedback as they become known."),
    Reason.MONITOR_FAILED: Meaning("The monitor's last run failed.", "The message says why; it is run again on schedule."),
    Reason.MONITOR_RUNNING: Meaning("The monitor runs on schedule."),
}
MEANINGS: Mapping[Reason, Meaning] = _PODS | _ENDS | _PROMOTION | _DEPLOYMENT | _MONITORING


def meaning(condition: Condition) -> Meaning:
    """Of its reason; one that a newer operator made has none."""
    known = {reason.value: each for reason, each in MEANINGS.items()}
    return known.get(condition.reason, Meaning(""))
