"""The terminal against a desk that trades: what it shows is what the store says of that moment.

The numbers move every second, and a sample of the moment may still be on its way when it is shown:
the screen is compared again until it agrees. A wrong expression never does.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from fortuna_otel.top import figures
from fortuna_otel.top.app import Top
from fortuna_otel.top.model import Desk as DeskView
from fortuna_otel.top.model import OneBook
from fortuna_otel.top.reader import Reader
from fortuna_otel.top.selection import Selection
from fortuna_otel.top.store import Store
from fortuna_otel.top.widgets import DeskTable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from fortuna_otel.top.model import Row
    from tests.e2e.desk import Desk

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 60.0
SIZE = (170, 60)


class Sample(NamedTuple):
    """One series of a direct query."""

    labels: dict[str, str]
    value: float


class Screen:
    """The running application beside direct questions to the store it reads."""

    def __init__(self, app: Top, pilot: Pilot[None], url: str) -> None:
        self.app = app
        self.pilot = pilot
        self._url = url

    @property
    def text(self) -> str:
        """The screen, with one space between words."""
        strips = self.app.screen._compositor.render_strips()
        lines = ("".join(segment.text for segment in strip) for strip in strips)
        return " ".join(" ".join(lines).split())

    @property
    def desk(self) -> DeskView:
        """The first screen as it is now."""
        assert self.app.snapshot is not None
        assert isinstance(self.app.snapshot.view, DeskView)
        return self.app.snapshot.view

    @property
    def book(self) -> OneBook:
        """The book as it is now."""
        assert self.app.snapshot is not None
        assert isinstance(self.app.snapshot.view, OneBook)
        return self.app.snapshot.view

    def series(self, expr: str) -> list[Sample]:
        """Ask the store directly, as of the moment that the screen shows."""
        assert self.app.snapshot is not None
        form = {"query": expr, "time": f"{self.app.snapshot.at:.3f}"}
        url = f"{self._url}/api/v1/query?{urllib.parse.urlencode(form)}"
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own desk
            found = json.load(response)["data"]["result"]
        return [Sample(one["metric"], float(one["value"][1])) for one in found]

    def value(self, expr: str) -> float | None:
        """The only number of a direct question."""
        found = self.series(expr)
        assert len(found) <= 1, found
        return found[0].value if found else None

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so, or fail with the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}\n{self.text}"
            await self.pilot.pause(0.1)

    async def agree(
        self, shown: Callable[[Screen], object], direct: Callable[[Screen], object]
    ) -> None:
        """Wait until the screen says what a direct question says of the same moment."""

        def same() -> bool:
            if self.app.snapshot is None:
                return False
            at = self.app.snapshot.at
            pair = shown(self), direct(self)
            # Another round may have come between the two.
            return bool(pair[0] == pair[1]) and self.app.snapshot.at == at

        await self.until(same, f"{shown.__name__} to agree")


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[Screen]:
    """Run the application against the desk."""
    url = f"http://127.0.0.1:{desk.ports.prometheus}"
    store = Store(url)
    try:
        app = Top(Reader(store), Selection())
        async with app.run_test(size=SIZE) as pilot:
            screen = Screen(app, pilot, url)
            await screen.until(lambda: "live" in screen.text, "live numbers")
            yield screen
    finally:
        store.close()


def kept(screen: Screen) -> int | None:
    """Where the first obligation that is kept stands."""
    states = [row.cells["state"].text for row in screen.desk.table.rows]
    return states.index("kept") if "kept" in states else None


async def test_every_obligation_has_a_row(desk: Desk) -> None:
    """As many as the mandates have, each with its state in words, none refused."""
    expected = (
        "count(group by (mandate,client,venue,symbol) (last_over_time(fortuna_mandate_info[5m])))"
    )
    async with running(desk) as screen:
        await screen.agree(
            lambda screen: len(screen.desk.table.rows), lambda screen: screen.value(expected)
        )
        assert screen.desk.table.problem == ""
        assert screen.desk.notes == ()
        assert {row.cells["state"].text for row in screen.desk.table.rows} <= {
            *("unobserved", "no quotes", "bid only", "ask only"),
            *("spread", "depth", "kept", "unscheduled"),
        }


async def test_a_row_is_what_the_store_says(desk: Desk) -> None:
    """Best prices and the spread of its limit, on the screen as text."""
    async with running(desk) as screen:
        await screen.until(lambda: kept(screen) is not None, "an obligation that is kept")
        name = screen.desk.table.rows[kept(screen) or 0].keys
        where = f'client="{name["client"]}",venue="{name["exchange"]}",symbol="{name["symbol"]}"'

        def row(screen: Screen) -> Row:
            return next(one for one in screen.desk.table.rows if one.keys == name)

        await screen.agree(
            lambda screen: (row(screen).value("bid"), row(screen).value("ask")),
            lambda screen: (
                screen.value(f"max(fortuna_quote_bid{{{where}}})"),
                screen.value(f"min(fortuna_quote_ask{{{where}}})"),
            ),
        )
        await screen.until(
            lambda: (
                f"{row(screen).cells['bid'].text} {row(screen).cells['ask'].text}" in screen.text
            ),
            "the prices as text",
        )
        widest = screen.value(
            f"max(last_over_time(fortuna_mandate_spread_max_ratio{{{where}}}[5m]))"
        )
        assert widest
        await screen.agree(
            lambda screen: digits((row(screen).value("spread") or 0) * widest),
            lambda screen: digits(
                screen.value(f"max(fortuna_obligation_spread_ratio{{{where}}})") or 0
            ),
        )


def digits(value: float) -> float:
    """A number without what binary fractions add to it."""
    return float(f"{value:.9g}")


def resting(screen: Screen) -> dict[str, float]:
    """The tile's value by side."""
    (tile,) = [one for one in screen.desk.tiles if one.title.startswith("resting")]
    return {name: digits(cell.value or 0) for name, cell in tile.parts}


def resting_summed(screen: Screen) -> dict[str, float]:
    """The same, each book once at its quote currency's rate, summed here."""
    rates = {
        sample.labels["asset"]: sample.value
        for sample in screen.series('fortuna_reference_rate{currency="USD"}')
    }
    keys = ("client", "venue", "symbol", "account", "tag", "quote", "side")
    books: dict[tuple[str, ...], float] = {}
    for sample in screen.series("fortuna_quote_liquidity"):
        key = tuple(sample.labels[name] for name in keys)
        books[key] = max(books.get(key, 0.0), sample.value)
    sides = dict.fromkeys(("bid", "ask"), 0.0)
    for (*_, quote, side), value in books.items():
        sides[side] += value * rates[quote]
    return {side: digits(value) for side, value in sides.items()}


async def test_the_strip_is_the_sum_of_what_there_is(desk: Desk) -> None:
    """Resting value by side, over every book and quote currency of the desk."""
    async with running(desk) as screen:
        await screen.agree(resting, resting_summed)
        assert min(resting(screen).values()) > 0


def prices(screen: Screen) -> dict[tuple[str, str], float | None]:
    """The ladder's own levels."""
    return {
        (row.keys["side"], row.keys["level"]): row.value("price")
        for row in screen.book.ladder.rows
        if row.keys["level"].isdigit()
    }


def sums(screen: Screen) -> list[float]:
    """All that rests on the bid, and on the ask."""
    rows = screen.book.ladder.rows
    return [
        digits(max((row.value(title) or 0.0 for row in rows), default=0.0))
        for title in ("cum ", "cum")
    ]


def size_summed(screen: Screen, book: str, side: str) -> float:
    """The same of one side, level by level."""
    sizes = f'fortuna_quote_ladder_size{{{book},side="{side}"}}'
    return digits(screen.value(f"sum(max by (level) ({sizes}))") or 0)


def depth(screen: Screen) -> dict[str, float]:
    """The obligation's bids within each distance from mid."""
    return {row.keys["band"]: digits(row.value("bid now") or 0) for row in screen.book.depth.rows}


def depth_summed(screen: Screen, market: str) -> dict[str, float]:
    """The same, of every book of the client on that market, summed here."""
    books: dict[tuple[str, str, str], float] = {}
    for sample in screen.series(f'fortuna_quote_depth{{{market},side="bid"}}'):
        key = (sample.labels["account"], sample.labels["tag"], sample.labels["band"])
        books[key] = max(books.get(key, 0.0), sample.value)
    bands = {band for *_, band in books}
    return {
        band: digits(sum(value for key, value in books.items() if key[2] == band)) for band in bands
    }


async def test_a_book_is_what_the_store_says(desk: Desk) -> None:
    """Enter opens a row: its ladder level by level, its depth, its spread; escape leaves it."""
    async with running(desk) as screen:
        await screen.until(lambda: kept(screen) is not None, "an obligation that is kept")
        screen.app.screen.query_one(DeskTable).cursor = kept(screen) or 0
        await screen.pilot.press("enter")
        await screen.until(
            lambda: isinstance(getattr(screen.app.snapshot, "view", None), OneBook), "the book"
        )
        client, venue, symbol, account, tag = screen.book.book
        market = f'client="{client}",venue="{venue}",symbol="{symbol}"'
        book = f'{market},account="{account}",tag="{tag}"'
        await screen.agree(
            prices,
            lambda screen: {
                (sample.labels["side"], sample.labels["level"]): sample.value
                for sample in screen.series(
                    f"max by (side,level) (fortuna_quote_ladder_price{{{book}}})"
                )
            },
        )
        await screen.agree(
            sums, lambda screen: [size_summed(screen, book, side) for side in ("bid", "ask")]
        )
        await screen.agree(depth, lambda screen: depth_summed(screen, market))
        await screen.agree(
            lambda screen: digits(screen.book.ticker["spread"] or 0),
            lambda screen: digits(
                1e4 * (screen.value(f"max(fortuna_obligation_spread_ratio{{{market}}})") or 0)
            ),
        )
        await screen.until(
            lambda: f"own {figures.bp(screen.book.ticker['spread'])}" in screen.text,
            "the spread in words",
        )
        await screen.pilot.press("escape")
        await screen.until(lambda: "worst obligation first" in screen.text, "the desk again")
