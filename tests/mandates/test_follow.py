"""Following a file: changes, accidents, and the clock."""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates import follow
from fortuna_otel.mandates.follow import Follower
from fortuna_otel.mandates.source import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fortuna_otel.mandates import Mandates

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def path(good: str, tmp_path: Path) -> Path:
    """Return the path of the good file."""
    file = tmp_path / "mandates.yaml"
    file.write_text(good, encoding="utf-8")
    return file


def turns(follower: Follower, count: int, now: datetime = NOW) -> list[bool]:
    """Return what some turns, a second apart, say."""
    return [follower.turn(now + number * SECOND) for number in range(1, count + 1)]


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("accident", "what"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (_directory, "is not a file"),
        (_pipe, "is not a file"),
        (_loop, "cannot be read: Too many levels of symbolic links"),
        (_huge, f"has {MAX_BYTES + 1} bytes, more than any mandates file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"\x00" * 99), "is not YAML"),
        (_half, "is not YAML: while parsing a flow mapping"),
    ],
)
def test_an_accident_changes_nothing(
    path: Path, accident: Callable[[Path], None], what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens to the file, the terms before it stay, and the reason is told once."""
    follower = Follower(path, now=NOW)
    before = follower.mandates
    accident(path)
    with caplog.at_level(logging.ERROR):
        assert turns(follower, 5) == [False] * 5
    assert follower.mandates is before
    (problem,) = follower.problems
    assert what in str(problem)
    assert len(caplog.records) == 2
    assert follower.loaded == NOW


def test_an_unreadable_file_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose permissions are gone is a bad change; with them back it is in force again."""
    follower = Follower(path, now=NOW)
    opened = os.open

    def refuse(name: Path, flags: int, *rest: int) -> int:
        if name == path:
            raise PermissionError(13, "Permission denied")
        return opened(name, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    turns(follower, 2)
    assert [problem.what for problem in follower.problems] == ["cannot be read: Permission denied"]
    monkeypatch.undo()
    assert turns(follower, 2, NOW + 9 * SECOND) == [False, True]
    assert follower.problems == ()


def test_a_swapped_link_is_a_change(good: str, tmp_path: Path) -> None:
    """Kubernetes renames `..data` to a new directory: the name of the file stays."""
    for version, text in (("1", good), ("2", good.replace("max: 0.4 %", "max: 30 bp"))):
        (tmp_path / version).mkdir()
        (tmp_path / version / "mandates.yaml").write_text(text, encoding="utf-8")
    data = tmp_path / "..data"
    data.symlink_to("1")
    path = tmp_path / "mandates.yaml"
    path.symlink_to("..data/mandates.yaml")
    follower = Follower(path, now=NOW)
    (tmp_path / "..new").symlink_to("2")
    (tmp_path / "..new").rename(data)
    assert turns(follower, 3) == [False, True, False]
    assert follower.mandates.obligations[0].spread.max == 0.003
    assert follower.loaded == NOW + 2 * SECOND


def test_a_check_that_fails_itself_changes_nothing(
    path: Path, good: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours must not stop the exporter: it is a problem like any other."""
    follower = Follower(path, now=NOW)

    def fail(*_: object, **__: object) -> Mandates:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(follow, "loads", fail)
    path.write_text(f"{good}\n", encoding="utf-8")
    turns(follower, 2)
    (problem,) = follower.problems
    assert problem.what == "cannot be judged: ZeroDivisionError('ours')"
    assert "the checks failed" in caplog.text


def test_the_clock_changes_terms_without_the_file(good: str, path: Path) -> None:
    """An amendment begins with its second, also while a bad change waits to be mended."""
    amended = "venue: binance\n        amendments: [{from: 2026-12-01T10:00:03Z, tier: thin}]"
    path.write_text(good.replace("venue: binance", amended), encoding="utf-8")
    follower = Follower(path, now=NOW)
    path.write_text("clients: {}\n", encoding="utf-8")
    assert turns(follower, 5) == [False, False, True, False, False]
    assert follower.mandates.obligations[0].tier == "thin"
    assert len(follower.problems) == 1
    # A clock that is set back has the terms of its time.
    assert follower.turn(NOW)
    (obligation,) = follower.mandates.obligations
    assert obligation.tier == "liquid"


def test_an_engine_may_watch(good: str, path: Path) -> None:
    """Changes reach it in a thread of their own, bad ones do not, and it can stop listening."""
    seen: list[Mandates] = []
    told = threading.Event()

    def changed(desk: Mandates) -> None:
        seen.append(desk)
        told.set()
        raise ValueError("the engine's own mistake")

    watch = mandates.watch(path, changed, interval=0.01)
    try:
        assert watch.mandates == mandates.loads(good)
        for share in ("30 bp", "35 bp"):
            told.clear()
            path.write_text(good.replace("max: 0.4 %", f"max: {share}"), encoding="utf-8")
            assert told.wait(30)
        path.write_text("clients: {}\n", encoding="utf-8")
    finally:
        watch.stop()
    assert [desk.obligations[0].spread.max for desk in seen] == [0.003, 0.0035]
    assert watch.mandates is seen[-1]


def test_a_watcher_may_stop_itself(good: str, path: Path) -> None:
    """An engine that has heard enough says so from within; nothing waits for itself."""
    done = threading.Event()

    def changed(_: Mandates) -> None:
        watch.stop()
        done.set()

    watch = mandates.watch(path, changed, interval=0.01)
    path.write_text(good.replace("max: 0.4 %", "max: 30 bp"), encoding="utf-8")
    assert done.wait(30)
    watch.stop()


def test_watching_needs_a_good_file_to_begin_with(tmp_path: Path) -> None:
    """Without terms to go on with there is nothing to watch."""
    with pytest.raises(mandates.MandatesError, match="cannot be read"):
        mandates.watch(tmp_path / "none.yaml", print)
