"""Quotes read no more of a ladder than they must, and never show or credit what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import DepthTerm
from tests.meters.obligations import GOOD, TERMS, attached, seconds_of

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

BIDS = [(99.5, 2.0), (99.0, 1.0), (98.5, 1.0)]
ASKS = [(100.5, 2.0), (101.0, 1.0), (101.5, 1.0)]


def _dropped(desk: Capture) -> float:
    assert desk.value("fortuna.telemetry.dropped", reason="internal") is None
    return desk.value("fortuna.telemetry.dropped", reason="invalid") or 0.0


@pytest.fixture
def trusted(desk: Capture) -> Book:
    """Give a book that serves one obligation and has shown one good ladder."""
    _, [book] = attached(desk)
    book.quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    assert book.quotes._limits is not None
    desk.export(0.0)
    return book


class _Row(Sequence[float]):
    """A row of an array, which its owner may write to; no tuple and no list."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = list(numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> Any:
        return self.numbers[index]


class _Array:
    """An array of rows: its truth is ambiguous, as that of numpy's is."""

    def __init__(self, *rows: _Row) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[_Row]:
        return iter(self.rows)

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


class _Half(float):
    """A float that is not quite a float, as numpy's are."""


SHAPES = {
    "generator": lambda side: (level for level in side),
    "iterator": iter,
    "lists": lambda side: [list(level) for level in side],
    "ccxt": lambda side: [[price, size, 1_795_000_000] for price, size in side],
    "decimals": lambda side: [(Decimal(str(price)), Decimal(str(size))) for price, size in side],
    "subclass": lambda side: [(_Half(price), _Half(size)) for price, size in side],
    "array": lambda side: _Array(*[_Row(*level) for level in side]),
    "worst first": lambda side: side[::-1],
    "split": lambda side: [(price, size / 2.0) for price, size in side for _ in range(2)],
    "zeros": lambda side: [(price, size * n) for price, size in side for n in (0.0, 1.0)],
    "zero first": lambda side: [(side[0][0] * 1.0, 0.0), *side],
}


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_of_a_ladder_is_the_same_ladder(desk: Capture, shape: str, accounts: int) -> None:
    """From the first one, and after others that gave no reason for care."""
    _, books = attached(desk, accounts=accounts)
    of = SHAPES[shape]
    for book in books[1:]:
        book.quotes.clear()
    for _ in range(3):
        books[0].quotes.update(bids=of(BIDS), asks=of(ASKS), mid=100.0)
        desk.export(1.0)
        assert desk.value("fortuna.obligation.depth", side="bid") == pytest.approx(396.5)
        assert len(desk.values("fortuna.quote.ladder.price")) == 6
        books[0].quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    assert seconds_of(desk)["all"] == pytest.approx(3.0)
    assert _dropped(desk) == 0.0


@pytest.mark.parametrize("shape", SHAPES)
def test_another_shape_is_noticed_at_the_export_at_the_latest(
    desk: Capture, trusted: Book, shape: str
) -> None:
    """What is shown is right at once, and what is credited is never more than was kept."""
    of = SHAPES[shape]
    trusted.quotes.update(bids=of(BIDS), asks=of(ASKS), mid=100.0)
    desk.export(1.0)
    assert desk.value("fortuna.quote.bid") == 99.5
    assert desk.value("fortuna.quote.liquidity", side="bid") == pytest.approx(396.5)
    assert len(desk.values("fortuna.quote.ladder.price")) == 6
    seconds = seconds_of(desk)
    assert seconds["all"] == seconds["observed"] == 1.0
    assert _dropped(desk) == 0.0


def test_a_ladder_out_of_order_is_never_judged_too_well(desk: Capture, trusted: Book) -> None:
    """Worst first, 19 of 20 levels are beyond the band of the promise: it is not credited."""
    far = [(90.0 + n / 10, 1.0) for n in range(20)]
    for _ in range(100):
        trusted.quotes.update(bids=far, asks=ASKS, mid=100.0)
        desk.clock.advance(0.01)
    seconds = seconds_of(desk)
    assert seconds["all"] == 0.0
    assert seconds["presence"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("bids", "presence"),
    [
        ([(99.5, 0.1), (99.0, float("inf"))], 1.0),
        ([(99.5, 0.1), (99.0, float("nan")), (98.5, 9.0)], 1.0),
        ([(99.5, 3.0), (99.0, -2.0)], 1.0),
        ([(99.5, 0.0)], 0.0),
        ([(99.5, 0.0), (98.9, 0.0)], 0.0),
        ([(float("inf"), 9.0)], 0.0),
        ([(-99.5, -9.0)], 0.0),
    ],
)
def test_what_is_wrong_is_never_credited_even_if_no_export_comes(
    desk: Capture, bids: Any, presence: float
) -> None:
    """The next ladder may come before anybody read this one in full."""
    _, [book] = attached(desk, replace(TERMS, depth=(DepthTerm("bid", "2", 300.0),)))
    book.quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    book.quotes.update(bids=bids, asks=ASKS, mid=100.0)
    desk.clock.advance(1.0)
    book.quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    seconds = seconds_of(desk)
    assert (seconds["presence"], seconds["depth"], seconds["all"]) == (presence, 0.0, 0.0)


def test_after_a_wrong_ladder_the_next_is_read_in_full(desk: Capture, trusted: Book) -> None:
    """Who told nonsense once is believed again after one good ladder."""
    trusted.quotes.update(bids=[(99.5, None)], asks=ASKS, mid=100.0)
    trusted.quotes.update(bids=[*BIDS, (98.0, None)], asks=ASKS, mid=100.0)
    assert trusted.quotes.mid is None
    assert _dropped(desk) == 2.0
    trusted.quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    assert trusted.quotes._limits is not None


WRONG_DEEP = [
    (90.0, float("nan")),
    (90.0, -1.0),
    (-1.0, 1.0),
    ("x", 1.0),
    None,
    (90.0,),
    (90.0, "1"),
]


@pytest.mark.parametrize("level", WRONG_DEEP, ids=str)
def test_a_wrong_level_that_was_not_read_at_once_is_found_by_the_export(
    desk: Capture, trusted: Book, level: Any
) -> None:
    """The quotes are unknown from then on, and the time that was not credited yet unobserved."""
    trusted.quotes.update(bids=[*BIDS, level], asks=ASKS, mid=100.0)
    desk.export(3.0)
    assert desk.value("fortuna.quote.bid") is None
    assert desk.value("fortuna.obligation.spread") is None
    assert desk.values("fortuna.obligation.depth") == {}
    trusted.quotes.confirm()
    desk.export(3.0)
    assert seconds_of(desk)["observed"] == 0.0
    assert _dropped(desk) == 2.0
    trusted.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0


@pytest.mark.parametrize("level", WRONG_DEEP, ids=str)
@pytest.mark.parametrize("accounts", [1, 2])
def test_a_wrong_level_that_new_terms_lead_to_raises_nothing(
    desk: Capture, level: Any, accounts: int
) -> None:
    """Terms that ask for more read on: what they find cannot be judged, and nobody else sees."""
    obligation, [book, *others] = attached(desk, accounts=accounts)
    for other in others:
        other.quotes.clear()
    book.quotes.update(bids=BIDS, asks=ASKS, mid=100.0)
    book.quotes.update(bids=[*BIDS, level], asks=ASKS, mid=100.0)
    obligation.replace(replace(TERMS, depth=(DepthTerm("bid", "20", 9000.0),)))
    book.quotes.confirm(mid=101.0)
    desk.clock.advance(1.0)
    book.quotes.confirm()
    assert seconds_of(desk)["depth"] == 0.0
    assert _dropped(desk) == 1.0


def test_an_iterator_that_breaks_leaves_no_half_a_ladder(desk: Capture, trusted: Book) -> None:
    """It is spent: asked again it would give an empty side, which would be believed."""

    def broken() -> Iterator[tuple[float, float]]:
        yield BIDS[0]
        raise ConnectionError("reset by peer")

    trusted.quotes.update(bids=broken(), asks=ASKS, mid=100.0)
    desk.clock.advance(1.0)
    assert desk.values("fortuna.quote.liquidity") == {}
    assert seconds_of(desk)["observed"] == 0.0
    assert _dropped(desk) == 1.0


def test_an_error_that_cannot_say_what_it_is_reaches_nobody(desk: Capture, trusted: Book) -> None:
    """Whatever a caller's object does, the call returns."""

    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError

    def broken() -> Iterator[tuple[float, float]]:
        raise Mute
        yield BIDS[0]

    trusted.quotes.update(bids=broken(), asks=ASKS, mid=100.0)
    assert desk.values("fortuna.quote.liquidity") == {}
    assert _dropped(desk) == 1.0


@pytest.mark.parametrize("shape", ["lists", "array"])
def test_levels_that_the_caller_writes_to_afterwards_stay_as_they_were(
    desk: Capture, book: Book, shape: str
) -> None:
    """Not only the lists, what is in them too."""
    rows = [_Row(99.5, 2.0), _Row(99.0, 1.0)] if shape == "array" else [[99.5, 2.0], [99.0, 1.0]]
    bids: Any = _Array(*rows) if shape == "array" else rows
    book.quotes.update(bids=bids, asks=ASKS, mid=100.0)
    for row in rows:
        (row.numbers if isinstance(row, _Row) else row)[1] = 7.0
    assert desk.value("fortuna.quote.liquidity", side="bid") == 298.0


def test_a_book_that_once_gave_no_tuples_is_never_taken_at_its_word(
    desk: Capture, book: Book
) -> None:
    """Tuples in between make no difference: what its owner can change is copied."""
    for bids in ([list(level) for level in BIDS], BIDS, [list(level) for level in BIDS]):
        book.quotes.update(bids=bids, asks=ASKS, mid=100.0)
    rows: Any = bids
    rows[0][1] = 7.0
    assert desk.value("fortuna.quote.liquidity", side="bid") == 396.5


def test_a_list_of_tuples_may_be_used_again(desk: Capture, trusted: Book) -> None:
    """The engine sorts, clears and fills its list while the export has not come yet."""
    bids = list(BIDS)
    trusted.quotes.update(bids=bids, asks=ASKS, mid=100.0)
    bids.clear()
    assert desk.value("fortuna.quote.bid") == 99.5


def test_a_very_long_ladder_is_whole(desk: Capture, book: Book) -> None:
    """Depth and liquidity take every level, the exported ladder the first ten."""
    for _ in range(2):
        book.quotes.update(
            bids=[(100.0 - n / 1000, 1.0) for n in range(1, 50_001)], asks=ASKS, mid=100.0
        )
        assert desk.value("fortuna.quote.liquidity", side="bid") == pytest.approx(3_749_975.0)
        assert desk.value("fortuna.quote.depth", side="bid", band="1") == pytest.approx(99_499.5)
        assert len(desk.values("fortuna.quote.ladder.price", side="bid")) == 10


@pytest.mark.parametrize("whole", [True, False])
def test_whole_numbers_are_numbers(desk: Capture, trusted: Book, whole: bool) -> None:
    """Contracts are counted in whole numbers, and need no other way."""
    number = int if whole else float
    trusted.quotes.update(
        bids=[(number(99), number(2))], asks=[(number(101), number(2))], mid=number(100)
    )
    desk.clock.advance(1.0)
    assert desk.value("fortuna.quote.spread") == 0.02
    assert seconds_of(desk)["all"] == 1.0
    assert trusted.quotes._limits is not None
    assert _dropped(desk) == 0.0
