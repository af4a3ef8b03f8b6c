"""Several processes on one file, and processes that end in the middle."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore

_COUNT = """
import sys
from pathlib import Path
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import AlreadyExists, Conflict

store = LocalStore(Path(sys.argv[1]))
try:
    store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "counter"}, "data": {"count": "0"}})
except AlreadyExists:
    pass
counted = 0
while counted < 20:
    found = store.get(CONFIG_MAP, "default", "counter")
    try:
        store.update(CONFIG_MAP, {**found, "data": {"count": str(int(found["data"]["count"]) + 1)}})
    except Conflict:
        continue
    counted += 1
"""
_WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from modelyard_local.store import LocalStore

store = LocalStore(Path(sys.argv[1]))
for number in itertools.count():
    store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c-{number}"}, "data": {"text": "x" * 5000}})
    print(number, flush=True)
"""
_TRANSACTION_SECONDS = 0.1
_BUSY = f"""
import sys, time
from pathlib import Path
from modelyard_local.store.database import Database

database = Database(Path(sys.argv[1]))
print("writing", flush=True)
while True:
    with database.writing():
        time.sleep({_TRANSACTION_SECONDS})  # as long as a slow disk takes
"""


def start(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)


def test_no_update_of_several_processes_that_begin_at_once_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    counters = [start(_COUNT, path) for _ in range(3)]
    try:
        assert [counter.wait(60) for counter in counters] == [0, 0, 0]
    finally:
        for counter in counters:
            counter.kill()
            counter.communicate()
    store = LocalStore(path)
    assert store.get(CONFIG_MAP, "default", "counter")["data"] == {"count": "60"}
    store.close()


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for round_number in range(2):
        writer = start(_WRITE_FOR_EVER.replace("c-{", f"c{round_number}-{{"), path)
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        acknowledged += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        store = LocalStore(path)
        names = {item["metadata"]["name"] for item in store.list_page(CONFIG_MAP, limit=0).items}
        assert {f"c{round_number}-{number}" for number in acknowledged} <= names
        assert len(store.get(CONFIG_MAP, "default", f"c{round_number}-{acknowledged[-1]}")["data"]["text"]) == 5000
        store.close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store.sqlite")
    store.list_page(CONFIG_MAP)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    store.close()


def test_a_process_that_writes_all_the_time_does_not_keep_others_out(tmp_path: Path) -> None:
    """SQLite's own lock alone would let the other wait for seconds."""
    path = tmp_path / "store.sqlite"
    busy = start(_BUSY, path)
    try:
        assert busy.stdout is not None
        assert busy.stdout.readline() == "writing\n"
        store = LocalStore(path)
        began = time.monotonic()
        for number in range(5):
            store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c-{number}"}})
        assert time.monotonic() - began < 10 * _TRANSACTION_SECONDS + 2
        assert busy.poll() is None
        store.close()
    finally:
        busy.kill()
        busy.communicate()


_CLOSE_WHILE_OTHERS_READ = """
import sys, threading
from pathlib import Path
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import KubeError

store = LocalStore(Path(sys.argv[1]))
for number in range(50):
    store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}"}, "data": {"text": "x" * 10000}})

def read(started):
    try:
        while True:
            store.list_page(CONFIG_MAP)
            started.set()
    except KubeError:
        pass

begun = [threading.Event() for _ in range(6)]
threads = [threading.Thread(target=read, args=(each,)) for each in begun]
[each.start() for each in threads]
[each.wait(10) for each in begun]
store.close()
[each.join(10) for each in threads]
print("closed")
"""


def test_a_store_can_be_closed_while_other_threads_read(tmp_path: Path) -> None:
    script = [sys.executable, "-c", _CLOSE_WHILE_OTHERS_READ, str(tmp_path / "store.sqlite")]
    finished = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert (finished.returncode, finished.stdout) == (0, "closed\n"), finished.stderr
