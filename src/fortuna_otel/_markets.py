"""Markets by their unified symbol."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fortuna_otel import _text

_SYMBOL = re.compile(
    r"(?P<base>[^/:@\s]+)/(?P<quote>[^/:@\s]+)"
    r"(?::(?P<settle>[^/:@\s-]+)(?P<contract>-[^/:@\s]+)?)?"
    r"(?:@(?P<tier>[^/:@\s]+))?"
)


@dataclass(frozen=True, slots=True)
class Market:
    """A market, whoever trades it: the attribute set M.

    `base` is bought and sold, `quote` is what prices are in, `settle` what a derivative settles
    in (empty on spot).
    """

    venue: str
    symbol: str
    base: str
    quote: str
    settle: str

    @classmethod
    def parse(cls, *, venue: str, symbol: str) -> Market:
        """Derive base, quote and settle from a unified symbol of ccxt, or a pool's pair and fee.

        Raises:
            ValueError: if the symbol has another form, or a value cannot be a label.
        """
        _text.require(venue=venue, symbol=symbol)
        match = _SYMBOL.fullmatch(symbol)
        if match is None:
            raise ValueError(
                f"symbol={symbol!r} is not of the form BASE/QUOTE: write 'BTC/USDT' (spot), "
                "'BTC/USDT:USDT' (derivative, with the asset it settles in) or "
                "'WETH/USDC@0.05%' (pool, with its fee)"
            )
        return cls(venue, symbol, match["base"], match["quote"], match["settle"] or "")

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of everything about this market."""
        return {
            "venue": self.venue,
            "symbol": self.symbol,
            "base": self.base,
            "quote": self.quote,
            "settle": self.settle,
        }
