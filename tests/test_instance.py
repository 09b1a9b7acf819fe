"""The slot of a process among the living ones of its service."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.resources import Resource

from fortuna_otel import _instance
from fortuna_otel._instance import Slot, address

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from fortuna_otel._instance import Slot
slot = Slot("desk/mm", Path(sys.argv[1]))
print(slot.name, flush=True)
sys.stdin.read()
"""


def _holder(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _slot_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_living_processes_have_different_slots_and_a_dead_one_frees_its_own(tmp_path: Path) -> None:
    """However it died: a restart after kill -9 gets the same id again."""
    with _holder(tmp_path) as first, _holder(tmp_path) as second:
        slots = {_slot_of(first), _slot_of(second)}
        assert slots == {"0", "1"}
        first.kill()
        first.wait()
        with _holder(tmp_path) as third:
            assert _slot_of(third) in {"0", "1"}
            with _holder(tmp_path) as fourth:
                assert _slot_of(fourth) == "2"


def test_services_do_not_share_slots(tmp_path: Path) -> None:
    """Each service counts from 0."""
    slots = [Slot(job, tmp_path) for job in ("desk/a", "desk/b")]
    assert [slot.name for slot in slots] == ["0", "0"]
    for slot in slots:
        slot.release()


def test_a_released_slot_is_free(tmp_path: Path) -> None:
    """Within one process too."""
    first, second = Slot("a", tmp_path), Slot("a", tmp_path)
    assert (first.name, second.name) == ("0", "1")
    first.release()
    first.release()
    third = Slot("a", tmp_path)
    assert third.name == "0"
    second.release()
    third.release()


def test_without_a_lock_the_process_id_stands_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unique among the living, though not stable; the warning says how to mend it."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    slot = Slot("a", blocked)
    assert slot.name == f"pid-{os.getpid()}"
    assert "XDG_RUNTIME_DIR" in caplog.text


def test_slots_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More live processes than slots fall back to process ids."""
    monkeypatch.setattr(_instance, "MAX_SLOTS", 1)
    first, second = Slot("a", tmp_path), Slot("a", tmp_path)
    assert (first.name, second.name) == ("0", f"pid-{os.getpid()}")
    first.release()


def test_locks_live_in_the_users_runtime_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or, where there is none, in a directory of the user's own below the temporary one."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert _instance.lock_directory() == tmp_path / "fortuna-otel"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    directory = _instance.lock_directory()
    assert directory == tmp_path / f"fortuna-otel-{os.getuid()}"
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_is_a_link_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may have put it there."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "fortuna-otel").symlink_to(elsewhere)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(PermissionError):
        _instance.lock_directory()


# Addresses: what holds a slot on Linux


@pytest.fixture(name="job")
def _job() -> str:
    """Give a service that nobody else on this host has."""
    return f"desk/{uuid.uuid4()}"


def test_a_slot_is_one_of_the_host_whatever_the_directories(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two users, or two temporary directories, are still two instances."""
    slots = []
    for name in ("a", "b"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / name))
        monkeypatch.setattr("tempfile.gettempdir", lambda name=name: str(tmp_path / name))
        slots.append(Slot(job))
    assert [slot.name for slot in slots] == ["0", "1"]
    assert list(tmp_path.iterdir()) == []
    slots[0].release()
    third = Slot(job)
    assert third.name == "0"
    for slot in (*slots, third):
        slot.release()


def test_a_slot_outlives_no_process_and_is_not_inherited(job: str) -> None:
    """A program that the service starts does not hold its slot."""
    script = """
import subprocess, sys
from fortuna_otel._instance import Slot
slot = Slot(sys.argv[1])
child = subprocess.Popen(["sleep", "30"], close_fds=False)
print(slot.name, child.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, job],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        name, child = process.stdout.readline().split()
        assert name == "0"
        second = Slot(job)
        assert second.name == "1"
        process.kill()
        process.wait()
        again = Slot(job)
        assert again.name == "0"
        os.kill(int(child), 9)
    for slot in (second, again):
        slot.release()


def test_long_names_have_an_address_too() -> None:
    """A digest stands in for what is too long; no two services share one."""
    long = [address("x" * 200 + end, 4095) for end in "ab"]
    assert long[0] != long[1]
    assert max(map(len, long)) <= _instance.LONGEST_ADDRESS
    assert address("desk/mm", 3) == b"\0fortuna-otel/desk/mm/3"


def test_where_addresses_are_forbidden_files_hold_the_slot(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a sandbox."""

    class Forbidden(socket.socket):
        def bind(self, _address: Any) -> None:
            raise OSError(errno.EPERM, "not permitted")

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(socket, "socket", Forbidden)
    slots = [Slot(job), Slot(job)]
    assert [slot.name for slot in slots] == ["0", "1"]
    assert len(list((tmp_path / "fortuna-otel").iterdir())) == 2
    for slot in slots:
        slot.release()


def test_all_addresses_taken_is_no_reason_to_take_a_file(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its slot 0 would be the one that somebody holds by address."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(_instance, "MAX_SLOTS", 1)
    first, second = Slot(job), Slot(job)
    assert (first.name, second.name) == ("0", f"pid-{os.getpid()}")
    first.release()


def test_an_identity_needs_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's resource starts some, which the end of the interpreter does not allow."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=desk")
    monkeypatch.setattr(Resource, "create", refuse)
    identity = _instance.Identity("mm", instance="i")
    assert identity.attributes["team"] == "desk"
    assert (identity.attributes["service.name"], identity.instance) == ("mm", "i")
