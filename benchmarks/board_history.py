"""A day's past for the store: what the board reads a day of, of every book of the desk."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Final

from benchmarks.paging_desk import Place
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MINUTE: Final = 60
DAY: Final = 86_400
SIDES: Final = tuple({"side": side, "liquidity": "maker"} for side in ("buy", "sell"))
VALUED: Final = {"currency": "USD"}
# What each book has of each flow: labels besides those of the book.
FLOWS: Final[Mapping[str, tuple[Mapping[str, str], ...]]] = {
    "fortuna:flow:traded": tuple({**side, "quote": "USDT"} for side in SIDES),
    "fortuna:flow:fills": SIDES,
    "fortuna:flow:volume": SIDES,
    "fortuna:flow:traded_value": tuple({**side, **VALUED} for side in SIDES),
    "fortuna:flow:attributed_value": tuple(
        {**VALUED, "component": component} for component in ("spread", "inventory", "fees")
    ),
    "fortuna:flow:realized_value": (VALUED,),
    "fortuna:flow:fees_value": (VALUED,),
}
# What is counted of each obligation's uptime.
TERMS: Final = ("all", "observed", "unscheduled")


def past(data: Path, books: int) -> None:
    """Give every flow and uptime of so many books a past of a day, a sample a minute.

    Args:
        data: directory of a store that does not run yet.
        books: as `benchmarks.paging_desk` numbers them.
    """
    data.mkdir(parents=True)
    text = data.parent / "past.txt"
    with text.open("w", encoding="utf-8") as lines:
        for line in _lines(books, int(time.time()) // MINUTE * MINUTE):
            lines.write(line)
    subprocess.run(  # noqa: S603  # ours
        [binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    text.unlink()


def _lines(books: int, before: int) -> Iterator[str]:
    """Write a day's samples before a moment, as OpenMetrics has them."""
    minutes = range(before - DAY, before, MINUTE)
    for flow, each in FLOWS.items():
        for number in range(books):
            book = {**_market(number), "account": f"{Place(number).client}-mm"}
            for more in each:
                inner = _inner(**book, tag="core", capital="client", **more)
                yield from (f"{flow}{{{inner}}} {1 + at % 7} {at}\n" for at in minutes)
    for number in range(books):
        for term in TERMS:
            inner = _inner(**_market(number), term=term)
            for at in minutes:
                yield f"fortuna:uptime:total_seconds{{{inner}}} {at - minutes[0]} {at}\n"
    yield "# EOF\n"


def _market(number: int) -> dict[str, str]:
    place = Place(number)
    return {"client": place.client, "venue": place.venue, "symbol": place.symbol}


def _inner(**labels: str) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())
