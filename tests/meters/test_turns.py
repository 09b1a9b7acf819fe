"""Calls inside one another: a signal handler tells something of what it interrupted."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel.meters._turns import WAITING, Turns
from fortuna_otel.meters.ledger import Ledger
from tests.meters.trades import FILL, book_of, net, unrealized

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel import Book
    from fortuna_otel.testing import Capture


def _inside(monkeypatch: pytest.MonkeyPatch, book: Book, call: Callable[[], object]) -> None:
    """Make a call in the midst of the next trade of a book, as a signal handler may."""
    trade = book.trades._trade

    def interrupted(*args: Any) -> None:
        monkeypatch.undo()
        call()
        trade(*args)
        call()

    monkeypatch.setattr(book.trades, "_trade", interrupted)


def test_what_is_told_inside_a_fill_is_booked_after_it(
    desk: Capture, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No deadlock, and neither the fill nor what was told inside it is lost or counted twice."""
    book.trades.restore(position=0.0)

    def handler() -> None:
        book.trades.fill(**FILL)
        book.trades.funding(5.0)
        assert book.trades.position in (0.0, 2.0)
        assert book.trades.attributed is None

    _inside(monkeypatch, book, handler)
    book.trades.fill(**FILL)
    assert book.trades.position == 6.0
    assert desk.value("fortuna.trade.fills") == 3.0
    assert net(desk, component="funding") == 10.0
    assert net(desk, component="spread") == 6.0 == unrealized(desk)
    assert book.trades.attributed == 16.0


def test_a_fill_nobody_can_read_inside_another_loses_the_position(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupted fill does not bring back what the other has lost."""
    book.trades.restore(position=0.0)
    _inside(monkeypatch, book, lambda: book.trades.fill(**{**FILL, "side": "bid"}))
    book.trades.fill(**FILL)
    assert book.trades.position is None


def test_too_many_calls_inside_one_lose_the_position(
    desk: Capture, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is bounded; what did not fit in is admitted."""
    book.trades.restore(position=0.0)
    _inside(monkeypatch, book, lambda: [book.trades.fill(**FILL) for _ in range(WAITING)])
    book.trades.fill(**FILL)
    assert book.trades.position is None
    assert desk.value("fortuna.trade.fills") == 1.0 + WAITING
    assert desk.value("fortuna.telemetry.dropped", reason="limit") == 1.0


def test_an_equity_inside_another_is_taken_after_it(desk: Capture) -> None:
    """What a book attributed is explained once; flows and books told inside count as well."""
    inside: list[Callable[[], object]] = []

    def rate(asset: str, into: str) -> float:
        while inside:
            inside.pop()()
        return 1.0

    ledger = Ledger(
        desk.telemetry.registry,
        desk.clock,
        client="acme",
        account="a",
        capital="client",
        currency="USD",
        convert=rate,
    )
    book, other = (book_of(desk, "BTC/USDT:USDT", tag=tag) for tag in ("one", "other"))
    for each in (book, other):
        each.trades.restore(position=0.0)
    ledger.attach(book)
    ledger.equity(1_000.0)
    book.trades.funding(5.0)
    inside[:] = [
        lambda: ledger.equity(1_105.0),
        lambda: ledger.attach(other),
        lambda: ledger.flow(100.0),
    ]
    ledger.equity(1_005.0)
    assert desk.value("fortuna.pnl.unexplained") == 0.0
    other.trades.funding(7.0)
    ledger.equity(1_112.0)
    assert desk.value("fortuna.pnl.unexplained") == 0.0


def test_too_many_calls_inside_an_equity_begin_anew(desk: Capture) -> None:
    """What did not fit in may have been a flow: nothing is explained until two equities later."""
    ledger = Ledger(
        desk.telemetry.registry,
        desk.clock,
        client="acme",
        account="a",
        capital="client",
        currency="USD",
        convert=lambda asset, into: 1.0,
    )
    book = book_of(desk, "BTC/USDT:USDT")
    book.trades.restore(position=0.0)
    ledger.attach(book)
    ledger.equity(1_000.0)

    def interrupted() -> None:
        for _ in range(WAITING + 5):
            ledger.flow(1.0)

    ledger._turns.take(interrupted)
    assert desk.value("fortuna.telemetry.dropped", reason="limit") == 1.0
    ledger.equity(2_000.0)
    assert desk.value("fortuna.pnl.unexplained") is None
    ledger.equity(2_000.0)
    assert desk.value("fortuna.pnl.unexplained") == 0.0


def test_a_signal_handler_may_tell_funding(desk: Capture, book: Book) -> None:
    """Wherever in a fill the signal comes: every funding and every fill is booked once."""
    book.trades.restore(position=0.0)
    handled = []

    def handler(*_: object) -> None:
        handled.append(True)
        book.trades.funding(1.0)

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for index in range(10_000):
            if index % 10 == 0:
                signal.setitimer(signal.ITIMER_REAL, 2e-6 + index % 100 * 5e-7)
            book.trades.fill(**{**FILL, "side": "sell" if index % 2 else "buy"})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert handled
    assert net(desk, component="funding") == len(handled)
    assert desk.value("fortuna.trade.fills", side="buy") == 5_000.0
    assert book.trades.position == 0.0


def test_a_call_that_is_ended_does_not_end_the_turns() -> None:
    """A handler may raise, as that of Ctrl-C does: what waited is made with the next call."""
    turns = Turns(lambda: None)
    made = []

    def ended() -> None:
        turns.take(lambda: made.append("waited"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turns.take(ended)
    turns.take(lambda: made.append("next"))
    assert made == ["waited", "next"]
