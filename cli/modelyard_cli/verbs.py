"""The verbs of the command line: what they are called, where they are, and one line about each.

A verb's module is loaded when the verb is used: `modelyard --help` and a typo are answered at once.
"""

from dataclasses import dataclass

_MACHINE, _RESOURCES, _LOOK, _MODELS = "The platform on this machine", "Resources", "Look", "Models"


@dataclass(frozen=True)
class Verb:
    """``modelyard_cli.commands.<name>`` has a function of that name, or of ``function``."""

    name: str
    panel: str
    summary: str
    function: str = ""
    on_resources: bool = True  # takes --namespace, --context and --kubeconfig


VERBS = (
    Verb("up", _MACHINE, "Start the platform on this machine.", on_resources=False),
    Verb("down", _MACHINE, "Stop it; everything is kept.", on_resources=False),
    Verb("doctor", _MACHINE, "Look for what is missing or wrong on this machine, and say how to mend it.", on_resources=False),
    Verb("init", _RESOURCES, "Write manifests to start from, for a file of yours.", on_resources=False),
    Verb("apply", _RESOURCES, "Create or change resources from manifests."),
    Verb("get", _RESOURCES, "List resources."),
    Verb("wait", _RESOURCES, "Wait for a condition."),
    Verb("delete", _RESOURCES, "Delete resources."),
    Verb("describe", _LOOK, "Show everything about a resource, with its Events."),
    Verb("explain", _LOOK, "Explain in sentences what was done, and why or why not."),
    Verb("logs", _LOOK, "Print the log of a pod."),
    Verb("events", _LOOK, "List Events in order."),
    Verb("open", _LOOK, "Open MLflow, a drift report or a service's documentation.", function="open_page"),
    Verb("predict", _MODELS, "Predict with a served model."),
    Verb("approve", _MODELS, "Let a model be promoted that waits for approval, or whose test rows can't decide."),
    Verb("rollback", _MODELS, "Serve the version from before the last promotion again."),
    Verb("version", "This command", "Versions of this command and of the platform."),
)
BY_NAME = {verb.name: verb for verb in VERBS}
EXAMPLES = """\
modelyard up                                  start everything on this machine

modelyard init my.csv --target late           write manifests for a file

modelyard apply -f .                          train, judge, promote, serve

modelyard wait tj/my --for condition=Promoted exits with 1 if it can't be

modelyard predict my -f new.csv               a prediction per row

modelyard get tj,md --context production      the same on a cluster
"""
