"""Files from the web and from this machine's disk; those in S3 have their tests against a real server."""

import hashlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from modelyard_api.conditions import Reason
from modelyard_clients.platform import ONE_MACHINE_VARIABLE
from modelyard_jobs.data.source import fetch
from modelyard_jobs.termination import InvalidRequest, JobFailure, Unavailable

ROWS = b"a,b\n1,2\n"
BROKEN_OFF, EMPTY_ANSWER = "/broken.csv", "/silent.csv"


class Handler(BaseHTTPRequestHandler):
    """Predictions by path: /<status>/…, redirects, and what a server shouldn't do."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = int(path.split("/")[1]) if path.split("/")[1].isdigit() else 200
        goals = {"/on.csv": "/rows.csv", "/plain.csv": f"http://localhost:{self.server.server_port}/rows.csv", "/round.csv": "/round.csv"}
        if path == EMPTY_ANSWER:
            return
        self.send_response(302 if path in goals else status)
        if path in goals:
            self.send_header("Location", goals[path])
        self.send_header("Content-Length", str(len(ROWS) + (path == BROKEN_OFF)))
        self.end_headers()
        self.wfile.write(ROWS)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that vouches for itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its address and its certificate."""
    made, key = certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    with ThreadingHTTPServer(("localhost", 0), Handler) as found:
        found.socket = context.wrap_socket(found.socket, server_side=True)
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        yield f"https://localhost:{found.server_port}", made
        found.shutdown()
        thread.join()


@pytest.fixture
def web(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SSL_CERT_FILE", str(server[1]))
    return server[0]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/some/rows.csv", "rows.csv"),
        ("/my%20rows.csv.gz?signature=secret#x", "my rows.csv.gz"),
        ("/on.csv", "on.csv"),
        (f"/{'ü' * 300}.csv", f"{'ü' * 300}.csv"),
    ],
)
def test_a_file_of_the_web(web: str, tmp_path: Path, path: str, key: str) -> None:
    found = fetch(None, web + path, tmp_path)
    assert found.uri == web + path.partition("?")[0]
    assert [(file.key, file.size, file.path.read_bytes()) for file in found.files] == [(key, len(ROWS), ROWS)]
    assert found.digest == hashlib.sha256(hashlib.sha256(ROWS).hexdigest().encode()).hexdigest()


@pytest.mark.parametrize(
    ("path", "failure", "words"),
    [
        ("/404/rows.csv", InvalidRequest, "there is no file https://localhost:.*rows.csv: localhost responds with 404"),
        ("/403/rows.csv", InvalidRequest, "without a log-in"),
        ("/400/rows.csv", InvalidRequest, "responds with 400"),
        ("/429/rows.csv", Unavailable, "responds with 429"),
        ("/503/rows.csv?signature=secret", Unavailable, r"responds with 503 for https://localhost:\d+/503/rows.csv;"),
        ("/plain.csv", InvalidRequest, "to an address without https"),
        ("/round.csv", InvalidRequest, "on and on"),
        (BROKEN_OFF, Unavailable, "broke off"),
        (EMPTY_ANSWER, Unavailable, "broke off"),
        ("/part-*.csv", InvalidRequest, "a \\* needs a list of files"),
    ],
)
def test_what_a_server_says(web: str, tmp_path: Path, path: str, failure: type[JobFailure], words: str) -> None:
    with pytest.raises(failure, match=words) as caught:
        fetch(None, web + path, tmp_path)
    assert caught.value.reason is Reason.DATA_UNAVAILABLE
    assert "secret" not in str(caught.value)


def test_servers_that_cannot_be_trusted_or_reached(server: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="the certificate of localhost is refused"):
        fetch(None, f"{server[0]}/rows.csv", tmp_path)
    for host in ("localhost:1", "no-such-host.invalid"):
        with pytest.raises(Unavailable, match="can't be reached"):
            fetch(None, f"https://{host}/rows.csv", tmp_path)
    with pytest.raises(InvalidRequest, match="not ftp") as caught:
        fetch(None, "ftp://host/rows.csv", tmp_path)
    assert caught.value.reason is Reason.INVALID_SPEC


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the only machine."""
    monkeypatch.setenv(ONE_MACHINE_VARIABLE, "true")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "my data").mkdir()
    for name in ("b.csv", "a.csv", "a.txt"):
        (tmp_path / "my data" / name).write_bytes(ROWS + name.encode())
    return tmp_path


def test_files_of_this_machine(disk: Path) -> None:
    one = fetch(None, f"file://{disk}/my%20data/a.csv", disk / "scratch")
    assert [(file.key, file.path.read_bytes()) for file in one.files] == [(f"{disk}/my data/a.csv", ROWS + b"a.csv")]
    both = fetch(None, f"file://{disk}/my data/*.csv", disk / "scratch")
    assert [Path(file.key).name for file in both.files] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.csv", "there is no file /.*none.csv on this machine"),
        ("none/a.csv", "there is no file"),
        ("none/*.csv", "there is no file /.*none"),
        ("*.parquet", "no file matches"),
        ("my data", "is a folder"),
    ],
)
def test_files_that_are_not_there(disk: Path, path: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        fetch(None, f"file://{disk}/{path}", disk / "scratch")


def test_a_cluster_has_no_files_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="file:// is for the platform on one machine; upload the file and name it with s3://"):
        fetch(None, "file:///etc/modelyard/secret/S3_SECRET_ACCESS_KEY.csv", tmp_path)


def test_a_full_disk_is_no_fault_of_the_source(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (disk / "scratch" / "00000-a.csv").symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="the disk of the pod's machine has no room for file://"):
        fetch(None, f"file://{disk}/my data/a.csv", disk / "scratch")
