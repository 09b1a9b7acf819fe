# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Quotes.

Own resting liquidity as the venue acknowledged it, remaining sizes, never intentions.
*Updated* means last confirmed, changed or not: an unchanged quote that the venue confirms is
fresh. Depth and liquidity of an empty side are 0; its price and the spread are absent, never
0. The sum of the ladder = depth at the widest reach = liquidity.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import Band, BookSide, BookState, Capital, Role, Source
from fortuna_otel.signals.spec import Signal

BID: Final = Signal(
    name="fortuna.quote.bid",
    prometheus="fortuna_quote_bid",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief="Highest price of the book's own live bids. Absent without a live bid.",
    per="book",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
ASK: Final = Signal(
    name="fortuna.quote.ask",
    prometheus="fortuna_quote_ask",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief="Lowest price of the book's own live asks. Absent without a live ask.",
    per="book",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
SPREAD: Final = Signal(
    name="fortuna.quote.spread",
    prometheus="fortuna_quote_spread_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief=(
        "(own best ask - own best bid) / mid, where the mid is the mandate's choice: the "
        "venue's, the venue's without own orders, own, or the reference. Negative when crossed. "
        "Absent unless both sides are live and the mid is known."
    ),
    per="book",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
DEPTH: Final = Signal(
    name="fortuna.quote.depth",
    prometheus="fortuna_quote_depth",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SOURCE, attr.SIDE, attr.BAND),
    brief=(
        "Own price * remaining size from mid out to the band's limit, cumulative; an order past "
        "mid counts in every band. 0 on an empty side, absent while the mid is unknown."
    ),
    per="book",
    closed=(
        ("source", Source),
        ("side", BookSide),
        ("band", Band),
    ),
    limit=32,
    series=16,
)
LIQUIDITY: Final = Signal(
    name="fortuna.quote.liquidity",
    prometheus="fortuna_quote_liquidity",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SOURCE, attr.SIDE),
    brief=(
        "Price * remaining size of all own resting orders of a side, whatever their distance; 0 "
        "on an empty side."
    ),
    per="book",
    closed=(
        ("source", Source),
        ("side", BookSide),
    ),
    limit=4,
    series=2,
    critical=True,
)
LADDER_PRICE: Final = Signal(
    name="fortuna.quote.ladder.price",
    prometheus="fortuna_quote_ladder_price",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SOURCE, attr.SIDE, attr.LEVEL),
    brief=(
        "Price of a level of the own live ladder, 1 = nearest to the touch. Ends at once when "
        "the level is gone."
    ),
    per="book",
    closed=(
        ("source", Source),
        ("side", BookSide),
    ),
    limit=200,
    series=20,
)
LADDER_SIZE: Final = Signal(
    name="fortuna.quote.ladder.size",
    prometheus="fortuna_quote_ladder_size",
    kind="gauge",
    unit="{base}",
    attributes=(*attr.BOOK_SET, attr.SOURCE, attr.SIDE, attr.LEVEL),
    brief=(
        "Remaining size at a level of the own live ladder, orders of one price together. Ends "
        "with its price."
    ),
    per="book",
    closed=(
        ("source", Source),
        ("side", BookSide),
    ),
    limit=200,
    series=20,
)
UPDATED_TIMESTAMP: Final = Signal(
    name="fortuna.quote.updated.timestamp",
    prometheus="fortuna_quote_updated_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief="Unix time at which the venue last confirmed the quotes, changed or not.",
    per="book",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
BOOK_STATE: Final = Signal(
    name="fortuna.book.state",
    prometheus="fortuna_book_state",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.BOOK_SET, attr.STATE),
    brief=(
        "1 for what the book says it is doing, 0 for the states it left; a state never entered "
        "has no series. A claim of the engine, not a measurement of the market."
    ),
    per="book",
    closed=(("state", BookState),),
    limit=8,
    series=2,
    critical=True,
)
BOOK_INFO: Final = Signal(
    name="fortuna.book.info",
    prometheus="fortuna_book_info",
    kind="gauge",
    unit="{info}",
    attributes=(*attr.BOOK_SET, attr.ROLE, attr.CAPITAL),
    brief=(
        "1 while the book is bound in its process; its labels carry the book's role and whose "
        "capital it uses."
    ),
    per="book",
    closed=(
        ("role", Role),
        ("capital", Capital),
    ),
    limit=4,
    slow=True,
)

ALL: Final[tuple[Signal, ...]] = (
    BID,
    ASK,
    SPREAD,
    DEPTH,
    LIQUIDITY,
    LADDER_PRICE,
    LADDER_SIZE,
    UPDATED_TIMESTAMP,
    BOOK_STATE,
    BOOK_INFO,
)
"""Every signal of this section."""
