"""What an editor offers after a dot: every method, its signature and its words; nothing else."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jedi  # type: ignore[import-untyped]
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

API = Path(__file__).with_name("api.py").read_text(encoding="utf-8")

# Whatever `instrument()` leads to, as a developer would type it.
SOURCE = """\
from fortuna_otel import Obligation, instrument
from fortuna_otel.signals import health, inventory

telemetry = instrument("mm-engine")
market = telemetry.market(venue="binance", symbol="BTC/USDT")
feed = telemetry.feed(venue="binance", stream="book")
venue = telemetry.venue("binance")
credential = telemetry.credential(venue="binance", account="mm-1")
chain = telemetry.chain("uniswap")
rate = telemetry.rate(asset="BTC", currency="USD", provider="desk")
account = telemetry.account(client="acme", venue="binance", account="mm-1")
loan = telemetry.loan(client="acme", asset="ACME", lender="acme", currency="USD")
ledger = telemetry.ledger(client="acme", account="mm-1", currency="USD")
terms = Obligation(mandate="m", client="acme", venue="binance", symbol="BTC/USDT")
obligation = telemetry.obligation(terms)
loop = telemetry.heartbeat("quote")
gauge = telemetry.exposure(client="acme", asset="BTC")
counter = telemetry.counter(health.TELEMETRY_DROPPED, reason="invalid")
histogram = telemetry.histogram(health.LOOP_DURATION, loop="quote")
book = telemetry.book(client="acme", venue="binance", symbol="BTC/USDT", account="a", tag="core")
quotes = book.quotes
orders = book.orders
trades = book.trades
pool = book.pool
"""
VARIABLES = re.findall(r"^(\w+) = ", SOURCE, re.MULTILINE)


LADDER = "Iterable[Sequence[Any]]"
UNIT = re.compile(
    r"\b(seconds?|Unix|units?|prices?|ratio|share|number|balance)\b|\w / \w", re.IGNORECASE
)
"""A word for what a number is counted in, or a fraction that says so."""


class Offer(NamedTuple):
    """One completion after a variable and a dot."""

    variable: str
    name: str
    owner: type

    @property
    def words(self) -> str:
        """What is said of it: its own docstring, or those of its classes for an attribute."""
        found = inspect.getattr_static(self.owner, self.name, None)
        if inspect.isroutine(found) or isinstance(found, property):
            return inspect.getdoc(found) or ""
        said = "\n".join(inspect.cleandoc(kind.__doc__ or "") for kind in self.owner.__mro__[:-1])
        return said if re.search(rf"^\s*{self.name}: |`{self.name}`", said, re.MULTILINE) else ""


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Return every completion that jedi, which editors ask, has for the variables above."""
    return tuple(_offers())


def _offers() -> Iterator[Offer]:
    for variable in VARIABLES:
        script = jedi.Script(f"{SOURCE}{variable}.")
        line = SOURCE.count("\n") + 1
        (owner,) = script.infer(line, 1)
        module, _, name = owner.full_name.rpartition(".")
        owner = getattr(importlib.import_module(module), name)
        for completion in script.complete(line, len(variable) + 1):
            if not completion.name.startswith("_"):
                yield Offer(variable, completion.name, owner)


def floats(offer: Offer) -> list[str]:
    """Return the names of the numbers that a method takes."""
    found = inspect.getattr_static(offer.owner, offer.name, None)
    if not inspect.isfunction(found):
        return []
    parameters = inspect.signature(found).parameters.values()
    return [p.name for p in parameters if "float" in str(p.annotation)]


LEAKS = {
    # what the process does with a telemetry
    *("after_fork_in_child", "after_fork_in_parent", "before_fork", "hurry", "registry", "stop"),
    # what meters tell each other
    *("attributed", "bind", "distrust", "disturb", "judged_by", "no_longer_judged_by", "seen"),
    *("serves_only", "standing", "take_the_long_way", "verified"),
    # what the export reads from a cell
    *(
        "announced",
        "bounds",
        "count",
        "counts",
        "family",
        "fold",
        "forget",
        "over",
        "point",
        "sent",
    ),
    *("start", "total"),
}
"""Offered, though it is for other parts of the package: Python has no word for that."""


@pytest.mark.parametrize("variable", VARIABLES)
def test_nothing_is_offered_that_is_not_for_the_service(variable: str) -> None:
    """What `api.py` does not use is no public API, and stands between a developer and the rest."""
    offered = {offer.name for offer in offers() if offer.variable == variable}
    assert offered
    assert {n for n in offered - LEAKS if not re.search(rf"\.{n}\b|\b{n}=", API)} == set()


def test_the_exceptions_are_no_more_than_there_are() -> None:
    """A leak that is mended leaves the list, so that the name cannot come back unseen."""
    assert {offer.name for offer in offers()} >= LEAKS


def test_everything_offered_says_what_it_means() -> None:
    """A method has a docstring; an attribute is among those of its class's docstring."""
    assert [f"{o.variable}.{o.name}" for o in offers() if not o.words and o.name not in LEAKS] == []


def test_every_number_is_explained() -> None:
    """A float is named in the words or has a unit there, or it will be in somebody's wrong one."""
    unexplained = [
        f"{offer.variable}.{offer.name}({parameter})"
        for offer in offers()
        for parameter in floats(offer)
        if not re.search(rf"\b{parameter}\b", offer.words) and not UNIT.search(offer.words)
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        (
            "orders.acknowledged",
            "acknowledged(self, side: str, *, latency: float | None=None) -> None",
        ),
        (
            "quotes.update",
            f"update(*, bids: {LADDER}, asks: {LADDER}, mid: float | None) -> None",
        ),
        ("loop.beat", "beat(self) -> None"),
    ],
)
def test_a_guarded_method_keeps_its_signature(call: str, signature: str) -> None:
    """What keeps errors from trading code hides neither arguments nor words from the editor."""
    script = jedi.Script(SOURCE + call)
    (found,) = script.help(SOURCE.count("\n") + 1, len(call))
    assert found.get_signatures()[0].to_string() == signature
    assert len(found.docstring(raw=True)) > 20
