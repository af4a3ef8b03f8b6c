"""Ask an HTTPS health endpoint as a client the cluster knows."""

import ssl
import urllib.error
import urllib.request
from pathlib import Path

from dev.cluster.certificates import KeyPair


class Probe:
    """Trusts one certificate authority and signs in with one client certificate; uses no proxy."""

    def __init__(self, ca: Path, client: KeyPair) -> None:
        """Read `ca` (PEM file) and the certificate and key of `client`."""
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(client.certificate, client.key)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def answers(self, url: str) -> bool:
        """Whether `url` answers with 200 within five seconds."""
        try:
            with self._opener.open(url, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False
