"""`modelyard-operator`: configured by environment variables (see ``configuration``), stopped by SIGTERM."""

import logging
import os
import secrets
import signal
import socket
import sys
from dataclasses import replace

from modelyard_operator.configuration import Configuration, ConfigurationError, from_environment
from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler
from modelyard_operator.json_logs import log_json
from modelyard_operator.kube.client import Timeouts, connect
from modelyard_operator.operator_process import Connections, OperatorProcess
from modelyard_operator.registry.evidence import Keyring, KeysUnusable, keys_in
from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client
from modelyard_operator.training.training_jobs import TrainingJobReconciler

_LOG = logging.getLogger("modelyard_operator")
_LEASE_TIMEOUTS = Timeouts(connect=2, read=2, attempts=1)  # a renewal is a read and a write, and has to end before its deadline


def main() -> int:
    """Work until SIGTERM; 2 if the environment is wrong, 1 if the Lease was lost."""
    try:
        configuration = _identified(from_environment(os.environ))
        keyring = Keyring(keys_in(configuration.evidence_keys))
    except (ConfigurationError, KeysUnusable) as error:
        print(f"modelyard-operator: {error}", file=sys.stderr)
        return 2
    log_json(configuration.log_level)
    set_up_client()
    process = OperatorProcess(
        configuration,
        Connections(connect(), connect(timeouts=_LEASE_TIMEOUTS), MlflowRegistry(configuration.mlflow_uri, keyring)),
        [TrainingJobReconciler(configuration.images, configuration.run_url), ModelDeploymentReconciler(configuration.images)],
        on_lost=_fail_stop,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop())
    _LOG.info("starting as %s", configuration.identity)
    process.run()
    _LOG.info("stopped")
    return 0


def _identified(configuration: Configuration) -> Configuration:
    identity = configuration.identity or f"{socket.gethostname()}-{secrets.token_hex(4)}"
    return replace(configuration, identity=identity)


def _fail_stop() -> None:
    """Without the Lease nothing may go on, not even what is in the middle of a request: another operator works already."""
    logging.shutdown()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
