"""Quotes and obligations among threads: nobody waits, and no time counts twice."""

from __future__ import annotations

import dis
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import ObligationMeter, Quotes
from fortuna_otel.meters._judgement import UNOBSERVED, Tally
from fortuna_otel.testing import FakeClock, capture
from tests.meters.obligations import GOOD, TERMS, attached, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fortuna_otel.testing import Capture

ROUNDS = 1000


@pytest.fixture
def restless() -> Iterator[None]:
    """Have the interpreter switch threads at every chance."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class _Watch:
    """Time that passes by itself until it is stopped."""

    stopped: float | None = None

    def monotonic(self) -> float:
        return time.monotonic() if self.stopped is None else self.stopped

    def stop(self) -> float:
        """Let no time pass any more, however long it takes to look."""
        self.stopped = time.monotonic()
        return self.stopped

    def go_on(self) -> None:
        self.stopped = None


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> _Watch:
    """Give the clock of `real`."""
    watch = _Watch()
    monkeypatch.setattr(FakeClock, "monotonic", lambda _: watch.monotonic())
    return watch


@pytest.fixture
def real(watch: _Watch) -> Iterator[Capture]:
    """Give a telemetry whose time passes by itself."""
    with capture() as captured:
        yield captured


def _together(*loops: Callable[[], object]) -> None:
    def repeated(loop: Callable[[], object]) -> None:
        for _ in range(ROUNDS):
            loop()

    threads = [threading.Thread(target=repeated, args=(loop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60.0)
    assert not [thread for thread in threads if thread.is_alive()]


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("accounts", [1, 2])
def test_every_second_is_credited_once_whoever_tells_it(
    real: Capture, watch: _Watch, accounts: int
) -> None:
    """Two threads update, one confirms, one exports: what is credited is the time that passed."""
    earliest = time.monotonic()
    obligation, books = attached(real, accounts=accounts)
    for book in books:
        book.quotes.update(**GOOD)
    first = time.monotonic()
    _together(
        lambda: books[0].quotes.update(**GOOD),
        lambda: books[-1].quotes.update(**GOOD),
        lambda: books[0].quotes.confirm(mid=100.0),
        obligation._refresh,
    )
    last = watch.stop()
    seconds = seconds_of(real)
    assert last - first - 1e-6 <= seconds["observed"] <= last - earliest + 1e-6
    assert seconds["all"] == seconds["two_sided"] == seconds["observed"]
    assert real.value("fortuna.telemetry.dropped", reason="internal") is None


@pytest.mark.usefixtures("restless")
def test_declarations_may_change_while_others_quote(real: Capture, watch: _Watch) -> None:
    """Whatever comes in between: no fault, no time twice, and the last word is judged rightly."""
    earliest = time.monotonic()
    obligation, [book, other] = attached(real, accounts=2)
    terms = iter([TERMS, replace(TERMS, spread_max=0.005)] * ROUNDS)
    scheduled = iter([True, False] * ROUNDS)

    def attach_and_detach() -> None:
        obligation.detach(other)
        obligation.attach(other)

    _together(
        lambda: book.quotes.update(**GOOD),
        lambda: book.quotes.update(bids=[], asks=GOOD["asks"], mid=100.0),
        lambda: obligation.replace(next(terms)),
        lambda: obligation.schedule(next(scheduled)),
        attach_and_detach,
        real.telemetry.registry.refresh,
    )
    obligation.detach(other)
    obligation.replace(TERMS)
    obligation.schedule(True)
    book.quotes.update(**GOOD)
    first = watch.stop()
    before = seconds_of(real)
    assert before["observed"] <= first - earliest + 1e-6
    watch.go_on()
    book.quotes.confirm()
    last = watch.stop()
    after = seconds_of(real)
    assert after["all"] - before["all"] == pytest.approx(last - first)
    assert after["observed"] - before["observed"] == pytest.approx(last - first)
    assert real.value("fortuna.telemetry.dropped", reason="internal") is None


def test_events_and_exports_wait_for_nobody(desk: Capture) -> None:
    """Not even for a declaration that was interrupted for ever."""
    obligation, [book] = attached(desk)

    def quote() -> None:
        book.quotes.update(**GOOD)
        desk.clock.advance(1.0)
        book.quotes.confirm(mid=100.5)
        desk.clock.advance(1.0)
        book.quotes.clear()
        obligation._refresh()

    with obligation._lock:
        thread = threading.Thread(target=quote)
        thread.start()
        thread.join(timeout=10.0)
        assert not thread.is_alive()
    assert seconds_of(desk)["all"] == 2.0


def test_a_call_within_a_call_leaves_the_last_word(desk: Capture) -> None:
    """As a signal handler does that clears the quotes while an update is under way."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)

    def interrupted() -> Iterator[tuple[float, float]]:
        desk.clock.advance(1.0)
        book.quotes.clear()
        desk.clock.advance(1.0)
        yield from GOOD["bids"]

    book.quotes.update(bids=interrupted(), asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk) == {
        "observed": 3.0,
        "two_sided": 2.0,
        "bid_only": 0.0,
        "ask_only": 0.0,
        "empty": 1.0,
        "presence": 2.0,
        "spread": 2.0,
        "depth": 2.0,
        "all": 2.0,
    }


def test_terms_that_change_within_a_call_judge_what_it_tells(desk: Capture) -> None:
    """What was judged by the older ones meanwhile is judged again."""
    obligation, [book] = attached(desk)
    book.quotes.update(**GOOD)
    strict = replace(TERMS, spread_max=0.001)

    def interrupted() -> Iterator[tuple[float, float]]:
        obligation.replace(strict)
        yield from GOOD["bids"]

    book.quotes.update(bids=interrupted(), asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == 0.0
    assert seconds_of(desk)["depth"] == 1.0


def test_a_ladder_told_while_the_export_reads_another_stands(desk: Capture) -> None:
    """That the older one proves wrong says nothing against it."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)

    class Slow:
        def __iter__(self) -> Iterator[float]:
            book.quotes.update(**GOOD)
            return iter(())

    bids: Any = [*GOOD["bids"], Slow()]
    book.quotes.update(bids=bids, asks=GOOD["asks"], mid=100.0)
    desk.export(1.0)
    desk.clock.advance(1.0)
    assert desk.value("fortuna.quote.bid") == 99.5
    assert seconds_of(desk)["all"] == 2.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_book_that_was_detached_meanwhile_tells_nothing(desk: Capture) -> None:
    """Its last word may be on its way still."""
    obligation, [book] = attached(desk)
    obligation.detach(book)
    book.quotes.update(**GOOD)
    obligation.seen(book.quotes, told=True)
    obligation.attach(book)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0


def test_a_verdict_that_ended_before_it_came_earns_nothing() -> None:
    """Another thread may have credited on, past its end, while it was made."""
    tally = Tally(10.0, verdict=3)
    tally.until = 9.0
    assert tally.credit(12.0)
    assert (tally.verdict, tally.last, sum(tally.seconds)) == (UNOBSERVED, 10.0, 0.0)


@pytest.mark.parametrize(
    ("function", "first", "last"),
    [
        (Quotes.update, "_limits", "_ladder"),
        (Quotes.confirm, "_limits", "_ladder"),
        (Quotes._set, "_ladder", "_confirmed"),
        (Quotes._set, "_obligations", "_limits"),
        (ObligationMeter._settle, "_version", "_limits"),
        (Tally.credit, "last", "until"),
    ],
)
def test_a_straight_line_is_straight(function: Any, first: str, last: str) -> None:
    """Between the check and the last write nothing is called and nothing loops.

    The interpreter may switch threads only there, so the two happen at once without a lock.
    """
    code = list(dis.get_instructions(function))
    end = max(
        n for n, step in enumerate(code) if step.opname == "STORE_ATTR" and step.argval == last
    )
    start = max(
        n
        for n, step in enumerate(code[:end])
        if step.opname == "LOAD_ATTR" and step.argval == first
    )
    if function is Tally.credit:
        start = min(n for n, step in enumerate(code) if step.argval == first)
    assert end - start > 3
    bends = ("CALL", "PRECALL", "JUMP_BACKWARD", "FOR_ITER", "SEND", "YIELD", "RESUME", "IMPORT")
    assert not [step.opname for step in code[start:end] if step.opname.startswith(bends)]
