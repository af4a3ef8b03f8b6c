"""A receiver of alerts that keeps what it was sent: POST anything as JSON, GET / for the list. Standard library only.

``receiver.py HOST PORT`` prints its address once it listens; port 0 takes a free one.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ALERTS: list[object] = []


class Receiver(BaseHTTPRequestHandler):
    """Keeps the alerts in memory."""

    def do_POST(self) -> None:
        """One alert."""
        ALERTS.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer({"received": len(ALERTS)})

    def do_GET(self) -> None:
        """All alerts so far."""
        self._answer(ALERTS)

    def _answer(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    server = ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Receiver)
    print(f"http://{sys.argv[1]}:{server.server_port}/", flush=True)
    server.serve_forever()
