"""Traefik, the gateway: reads what the runner writes to ``home.routes`` and splits traffic as it says."""

import json

from modelyard_local import disk, preparation
from modelyard_local.home import Home
from modelyard_local.servers.supervision import Server, clean_environment, find_program, responds_at

NAME = "gateway"


def server(home: Home, port: int) -> Server:
    """One entry point on the loopback address; no dashboard, no look for new versions, nothing sent anywhere."""
    data = home.data(NAME)
    config = data / "traefik.yml"  # JSON is YAML; with a file of ours, files in /etc/traefik and variables count for nothing
    disk.write(config, json.dumps(_configuration(home, port), indent=2))
    return Server(
        name=NAME,
        title="Gateway (Traefik)",
        command=[find_program("traefik"), f"--configFile={config}"],
        environment=clean_environment(data),
        folder=data,
        log=home.logs / "gateway.log",
        is_ready=lambda: responds_at(f"http://{preparation.LOOPBACK}:{port}/ping"),
        usually_seconds=1,
        grace_seconds=5,
    )


def _configuration(home: Home, port: int) -> dict[str, object]:
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "entryPoints": {"gateway": {"address": f"{preparation.LOOPBACK}:{port}", "transport": {"lifeCycle": {"graceTimeOut": "3s"}}}},
        "providers": {"providersThrottleDuration": "100ms", "file": {"directory": str(home.routes), "watch": True}},
        "ping": {"entryPoint": "gateway"},
        "log": {"level": "WARN", "noColor": True},
    }
