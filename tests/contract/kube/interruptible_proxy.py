"""A TCP proxy in front of the API server that can be cut, frozen and restored: an outage, and a peer that fell silent."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml


class InterruptibleProxy:
    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and new ones are closed at once."""
        self._cut.set()
        with self._lock:
            for pair in self._pairs:
                _close(*pair)

    def freeze(self) -> None:
        """Connections stay open, and nothing comes through."""
        self._flowing.clear()

    def restore(self) -> None:
        self._cut.clear()
        self._flowing.set()

    def end(self) -> None:
        self._ended.set()
        self.cut()
        self._flowing.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                self._join(self._listener.accept()[0])

    def _join(self, client: socket.socket) -> None:
        if self._cut.is_set():
            _close(client)
            return
        pair = (client, socket.create_connection(("127.0.0.1", self._target)))
        with self._lock:
            self._pairs.add(pair)
        threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        with contextlib.suppress(OSError, ValueError):
            while True:
                for source in select.select([client, server], [], [], 1)[0]:
                    data = source.recv(65536)
                    self._flowing.wait()
                    if not data:
                        raise OSError("closed")
                    other[source].sendall(data)
        _close(client, server)
        with self._lock:
            self._pairs.discard((client, server))


@contextmanager
def interruptible(kubeconfig: Path, folder: Path) -> Iterator[tuple[InterruptibleProxy, Path]]:
    """A proxy to the server of ``kubeconfig``, and a kubeconfig that goes through it."""
    content = yaml.safe_load(kubeconfig.read_text())
    cluster = content["clusters"][0]["cluster"]
    proxy = InterruptibleProxy(int(cluster["server"].rpartition(":")[2]))
    cluster["server"] = f"https://127.0.0.1:{proxy.port}"
    path = folder / "kubeconfig-through-proxy"
    path.write_text(yaml.safe_dump(content))
    try:
        yield proxy, path
    finally:
        proxy.end()


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
