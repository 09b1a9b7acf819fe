"""Terms: what a client was promised on one market, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fortuna_otel import _numbers, _text
from fortuna_otel._markets import Market
from fortuna_otel.meters._meter import choose
from fortuna_otel.signals.enums import Band, BookSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class DepthTerm:
    """The least liquidity promised on one side, cumulative from mid to the band's limit.

    Attributes:
        side: `bid` or `ask`.
        band: distance from mid in percent, as text: `0.5`, `1`, `2`, `3`, `5`, `10`, `15`, `20`.
        amount: units of the quote asset.

    Raises:
        ValueError: if a term cannot be measured; the message says what can.
    """

    side: str
    band: str
    amount: float

    def __post_init__(self) -> None:
        choose(BookSide, self.side, "side")
        choose(Band, self.band, "band")
        _declared(self.amount, "amount")


@dataclass(frozen=True, slots=True)
class Obligation:
    """The terms of one promise: a client, on one market, over all its accounts and tags there.

    Attributes:
        mandate: id of the obligation in the mandates file.
        client: whose promise it is.
        venue: where.
        symbol: unified symbol.
        spread_max: widest (ask - bid) / mid that still keeps it, a share; None if not promised.
        depth: least liquidity by side and band.
        staleness: seconds after which quotes that were not confirmed count for nothing.
        market: what venue and symbol say.

    Raises:
        ValueError: if a term cannot be measured; the message says what can.
    """

    mandate: str
    client: str
    venue: str
    symbol: str
    spread_max: float | None = None
    depth: tuple[DepthTerm, ...] = ()
    staleness: float = 10.0
    market: Market = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _text.require(mandate=self.mandate, client=self.client)
        object.__setattr__(self, "market", Market.parse(venue=self.venue, symbol=self.symbol))
        object.__setattr__(self, "depth", tuple(_depth_terms(self.depth)))
        if self.spread_max is not None:
            _declared(self.spread_max, "spread_max")
            if self.spread_max >= 1.0:
                raise ValueError(f"spread_max={self.spread_max:g} is a share: 20 bp are 0.002")
        _declared(self.staleness, "staleness")

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of everything about this obligation."""
        return {"mandate": self.mandate, "client": self.client, **self.market.attributes}


def _declared(value: float, what: str) -> None:
    try:
        _numbers.positive(value, what)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _depth_terms(depth: Iterable[DepthTerm] | DepthTerm) -> Iterator[DepthTerm]:
    for term in (depth,) if isinstance(depth, DepthTerm) else depth:
        if not isinstance(term, DepthTerm):
            raise ValueError(  # noqa: TRY004  # as every wrong declaration
                f"depth has {term!r:.60}: give DepthTerm(side='bid', band='2', amount=50_000.0)"
            )
        yield term
