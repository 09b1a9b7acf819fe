"""Panels in little room: what gives way, and what never does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel.top import book_panels, paint, panels
from fortuna_otel.top.look import Cell, Tone
from fortuna_otel.top.model import Alert, Alerts, Line, OneBook, Row, Table, Tile
from fortuna_otel.top.selection import Selection
from tests.top.prometheus import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.top.prometheus import Scene


@pytest.fixture(scope="session")
def book(desk: Scene) -> OneBook:
    """The first book of acme."""
    view = snapshot(desk, Selection().only("acme", "binance", "BTC/USDT"), 0).view
    assert isinstance(view, OneBook)
    return view


def texts(lines: list[paint.Line]) -> list[str]:
    """What the lines say, with one space between words."""
    return [" ".join(paint.plain(line).split()) for line in lines]


def tile(title: str, *parts: tuple[str, float], money: bool = True) -> Tile:
    """A tile with long and brief numbers."""
    shown = tuple((name, Cell(f"{value:,.0f}")) for name, value in parts)
    brief = tuple((name, Cell(f"{value / 1e6:.2f}M")) for name, value in parts)
    return Tile(title, shown, "why not", brief, money)


def test_a_number_of_the_strip_is_shortened_and_never_cut() -> None:
    """Two capitals in millions: whole where there is room, else in millions."""
    tiles = [tile("PnL", ("client", 1_234_567), ("desk", -2_345_678)), tile("delta"), tile("rest")]
    assert texts(panels.strip(tiles, 120))[1] == (
        "client 1,234,567 desk -2,345,678 why not why not"
    )
    assert texts(panels.strip(tiles, 80))[1] == "client 1.23M desk -2.35M why not why not"


def test_the_ladder_keeps_its_touch(book: OneBook) -> None:
    """Where levels do not fit, the outermost go, and the side with more of them first."""
    levels = [line.split()[-2:] for line in texts(book_panels.ladder(book, 60, 7))[2:]]
    assert [" ".join(one) for one in levels if one[0] == "best" or one[1] == "fair"] == [
        "best ask",
        "+0.0 fair",
        "best bid",
    ]
    assert "64,030.0" not in " ".join(texts(book_panels.ladder(book, 60, 9)))
    assert "64,030.0" in " ".join(texts(book_panels.ladder(book, 60, 10)))


def test_bars_of_the_ladder_are_shares_of_its_side(book: OneBook) -> None:
    """Of 2.4 the touch holds a sixth; the last level is the whole side."""
    lines = [paint.plain(line) for line in book_panels.ladder(book, 92, 12)]
    assert [line.count("█") for line in lines[2:]] == [20, 10, 3, 0, 0, 0, 7, 20]


def test_a_book_without_orders_is_named(book: OneBook) -> None:
    """The market's prices alone are no ladder of ours."""
    markers = tuple(row for row in book.ladder.rows if row.keys["level"] in book_panels.MARKERS)
    empty = replace(book, ladder=replace(book.ladder, rows=markers))
    lines = texts(book_panels.ladder(empty, 60, 9))
    assert lines[0].startswith("Live ladder · no resting order in this book")
    assert len(lines) == 5
    nothing = replace(book, ladder=replace(book.ladder, rows=()))
    assert texts(book_panels.ladder(nothing, 60, 9))[1] == "no resting order in this book"


@pytest.mark.parametrize(
    ("painter", "table"),
    [
        (book_panels.ladder, "ladder"),
        (book_panels.depth, "depth"),
        (book_panels.holdings, "exposure"),
        (book_panels.holdings, "balance"),
        (book_panels.traded, "traded"),
    ],
)
def test_a_refused_panel_says_why(
    book: OneBook, painter: Callable[[OneBook, int, int], list[paint.Line]], table: str
) -> None:
    """Empty because the store would not answer is not empty because there is nothing."""
    refused: Any = {table: Table((), (), "nothing", "net: too many samples")}
    broken = replace(book, **refused)
    assert "refused: net: too many samples" in texts(painter(broken, 60, 9))


def test_a_spread_beyond_its_limit(book: OneBook) -> None:
    """Marked, and the chart's height is then the widest seen."""
    ticker = {**book.ticker, "spread": 12.0}
    wide = replace(book, ticker=ticker, spread=Line((10.0, None, 12.0), 15.0))
    head, chart = texts(book_panels.spread(wide, 90, 2))
    assert head == ("Spread own 12.0 bp! target 3.0 bp max 10.0 bp last 30s, full height = 12.0 bp")
    assert chart == "▇ █"
    exact = replace(book, ticker={**book.ticker, "spread": 10.0 * (1 + 1e-12)})
    assert "10.0 bp!" not in texts(book_panels.spread(exact, 90, 2))[0]


def test_late_quotes_are_marked(book: OneBook) -> None:
    """From 5 s on they are late, from 10 s on stale, as on the board."""
    for age, shown in ((4.9, "4.9s"), (5.0, "5.0s~"), (10.0, "10s!")):
        late = replace(book, ticker={**book.ticker, "as of": age})
        assert texts(book_panels.summary(late, 120, 3))[1].endswith(f"quotes as of {shown}")


def test_a_profit_that_nobody_reports(book: OneBook) -> None:
    """It says so; both capitals stand apart where both are reported."""
    none = replace(book, profit=(), components=())
    assert texts(book_panels.summary(none, 120, 3))[2] == "PnL today: not reported"
    both = replace(book, profit=(("client", Cell("+1")), ("desk", Cell("-2", Tone.BAD))), of=1)
    assert texts(book_panels.summary(both, 120, 3))[2].startswith(
        "PnL today client +1 PnL today desk -2! ="
    )


def test_exposure_leaves_room_for_balances(book: OneBook) -> None:
    """Twenty assets do not push the account out of its panel."""
    (one,) = book.exposure.rows
    many = tuple(Row({**one.keys, "asset": f"A{number}"}, one.cells) for number in range(20))
    lines = texts(
        book_panels.holdings(replace(book, exposure=replace(book.exposure, rows=many)), 60, 9)
    )
    assert lines[-1].startswith("BTC 3 1 200%")
    assert any(line.endswith("more") for line in lines)


def firing(*alerts: Alert) -> Alerts:
    """Some alerts, while the rules run."""
    return Alerts(alerts, "none")


def test_alerts_in_little_room() -> None:
    """Where it is may be cut, what it is not; the rest is counted."""
    labels = {"client": "acme", "venue": "binance", "symbol": "BTC/USDT", "account": "mm-1"}
    one = Alert("page", "SpreadTooWide", labels, 60.0)
    lines = texts(panels.alerts(firing(one, one, one), 40, 3))
    assert lines[0].endswith("3 pages, 0 tickets")
    assert lines[1] == "PAGE 60s SpreadTooWide acme binance BT…"
    assert lines[2] == "+2 more"


def test_no_alert_while_nothing_could_fire() -> None:
    """Silence of rules that do not run is no good news."""
    quiet = Alerts((), "the rules are not running: no alert can fire")
    assert texts(panels.alerts(quiet, 60, 3))[1] == quiet.quiet
