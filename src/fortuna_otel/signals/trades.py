# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Trades and PnL.

What was traded and what it earned. Signed sums are two counters, gain and loss, so that
increase(gain) - increase(loss) is right over any window and across restarts; both are
exported as 0 from binding. Components attributed = realized + change of unrealized + fees,
funding, loan, gas. Cost basis survives a restart; without it unrealized PnL is absent, not 0.
A hedge is a book with role `hedge`, not a component. Baseline is the opening or loaned stock.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import (
    Capital,
    Component,
    Horizon,
    Liquidity,
    PnlDirection,
    TradeSide,
)
from fortuna_otel.signals.spec import Signal

FILLS: Final = Signal(
    name="fortuna.trade.fills",
    prometheus="fortuna_trade_fills_total",
    kind="counter",
    unit="{fill}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY),
    brief="Own fills; one order may take several.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
    ),
    limit=4,
    series=2,
)
VOLUME: Final = Signal(
    name="fortuna.trade.volume",
    prometheus="fortuna_trade_volume_total",
    kind="counter",
    unit="{base}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY),
    brief="Filled quantity. Of an inverse contract, contracts * contract size / price.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
    ),
    limit=4,
    series=2,
)
NOTIONAL: Final = Signal(
    name="fortuna.trade.notional",
    prometheus="fortuna_trade_notional_total",
    kind="counter",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY),
    brief="Fill price * filled quantity.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
    ),
    limit=4,
    series=2,
)
SELF: Final = Signal(
    name="fortuna.trade.self",
    prometheus="fortuna_trade_self_total",
    kind="counter",
    unit="{fill}",
    attributes=attr.CLIENT_MARKET_SET,
    brief="Fills in which both sides were ours.",
    per="client_market",
    series=0,
    critical=True,
)
LAST_TIMESTAMP: Final = Signal(
    name="fortuna.trade.last.timestamp",
    prometheus="fortuna_trade_last_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.BOOK_SET,
    brief="Unix time of the last own fill. Absent before the first one since the start.",
    per="book",
    slow=True,
)
FEE_PAID: Final = Signal(
    name="fortuna.fee.paid",
    prometheus="fortuna_fee_paid_total",
    kind="counter",
    unit="{asset}",
    attributes=(*attr.BOOK_SET, attr.ASSET),
    brief="Trading fees paid, in the asset they were charged in.",
    per="book",
    limit=8,
    slow=True,
)
FEE_REBATED: Final = Signal(
    name="fortuna.fee.rebated",
    prometheus="fortuna_fee_rebated_total",
    kind="counter",
    unit="{asset}",
    attributes=(*attr.BOOK_SET, attr.ASSET),
    brief="Trading fees received, in the asset they were credited in.",
    per="book",
    limit=8,
    series=0,
    slow=True,
)
PNL_ATTRIBUTED: Final = Signal(
    name="fortuna.pnl.attributed",
    prometheus="fortuna_pnl_attributed_total",
    kind="counter",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.COMPONENT, attr.DIRECTION),
    brief="PnL by what it comes from, revalued at the reference mid; gain - loss is the result.",
    per="book",
    closed=(
        ("component", Component),
        ("direction", PnlDirection),
    ),
    limit=12,
    series=6,
    critical=True,
)
PNL_REALIZED: Final = Signal(
    name="fortuna.pnl.realized",
    prometheus="fortuna_pnl_realized_total",
    kind="counter",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.DIRECTION),
    brief="Realized PnL by average cost, before fees; gain - loss is the result.",
    per="book",
    closed=(("direction", PnlDirection),),
    limit=2,
    series=2,
    slow=True,
)
PNL_UNREALIZED: Final = Signal(
    name="fortuna.pnl.unrealized",
    prometheus="fortuna_pnl_unrealized",
    kind="gauge",
    unit="{quote}",
    attributes=attr.BOOK_SET,
    brief=(
        "Open position * (reference mid - average entry). Absent while the cost basis or the "
        "reference mid is unknown."
    ),
    per="book",
    slow=True,
)
PNL_UNEXPLAINED: Final = Signal(
    name="fortuna.pnl.unexplained",
    prometheus="fortuna_pnl_unexplained",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.LEDGER_SET, attr.CAPITAL, attr.CURRENCY),
    brief=(
        "Change of equity - flows - attributed PnL since the ledger began: with the process, or "
        "when the desk's day was begun anew. Absent while equity is unknown."
    ),
    per="ledger",
    closed=(("capital", Capital),),
    limit=8,
    slow=True,
)
MARKOUT_PNL: Final = Signal(
    name="fortuna.markout.pnl",
    prometheus="fortuna_markout_pnl_total",
    kind="counter",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY, attr.HORIZON, attr.DIRECTION),
    brief=(
        "Filled quantity * (mid at the horizon - fill price), signed so that gain is in our "
        "favour. The mid is the last one told before the horizon, at most 10 s old: the "
        "reference, or where nobody tells one the book's own. Counted when the horizon has "
        "passed; fills without a mid are left out."
    ),
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
        ("horizon", Horizon),
        ("direction", PnlDirection),
    ),
    limit=48,
    series=24,
    slow=True,
)
MARKOUT_NOTIONAL: Final = Signal(
    name="fortuna.markout.notional",
    prometheus="fortuna_markout_notional_total",
    kind="counter",
    unit="{quote}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY, attr.HORIZON),
    brief="Fill price * quantity of the fills in fortuna.markout.pnl, the weight of their mean.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
        ("horizon", Horizon),
    ),
    limit=24,
    series=12,
    slow=True,
)
MARKOUT_SQUARED: Final = Signal(
    name="fortuna.markout.squared",
    prometheus="fortuna_markout_squared_total",
    kind="counter",
    unit="{quote^2}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY, attr.HORIZON),
    brief="Sum of the squares of each fill's markout PnL, for the error of the mean.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
        ("horizon", Horizon),
    ),
    limit=24,
    series=12,
    slow=True,
)
MARKOUT_FILLS: Final = Signal(
    name="fortuna.markout.fills",
    prometheus="fortuna_markout_fills_total",
    kind="counter",
    unit="{fill}",
    attributes=(*attr.BOOK_SET, attr.SIDE, attr.LIQUIDITY, attr.HORIZON),
    brief="Number of fills in fortuna.markout.pnl.",
    per="book",
    closed=(
        ("side", TradeSide),
        ("liquidity", Liquidity),
        ("horizon", Horizon),
    ),
    limit=24,
    series=12,
    slow=True,
)
POSITION_SIZE: Final = Signal(
    name="fortuna.position.size",
    prometheus="fortuna_position_size",
    kind="gauge",
    unit="{base}",
    attributes=attr.BOOK_SET,
    brief=(
        "Open position of a derivatives book, negative when short; 0 when flat. Of an inverse "
        "contract: contracts * contract size / entry. Absent on spot."
    ),
    per="book",
    series=0,
    critical=True,
)
POSITION_ENTRY: Final = Signal(
    name="fortuna.position.entry",
    prometheus="fortuna_position_entry",
    kind="gauge",
    unit="{quote}",
    attributes=attr.BOOK_SET,
    brief="Average entry price of the open position. Absent when flat and on spot.",
    per="book",
    series=0,
    slow=True,
)
FUNDING_RATE: Final = Signal(
    name="fortuna.funding.rate",
    prometheus="fortuna_funding_rate_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.MARKET_SET,
    brief=(
        "Next funding payment of a perpetual as a share of the position's value; positive means "
        "longs pay."
    ),
    per="market",
    series=0,
    slow=True,
)
FUNDING_INTERVAL: Final = Signal(
    name="fortuna.funding.interval",
    prometheus="fortuna_funding_interval_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.MARKET_SET,
    brief="Time between two funding payments.",
    per="market",
    series=0,
    slow=True,
)
MARGIN_RATIO: Final = Signal(
    name="fortuna.margin.ratio",
    prometheus="fortuna_margin_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.ACCOUNT_SET,
    brief=(
        "Maintenance margin / equity of the account; 1 is liquidation, on every venue. Absent "
        "without margin."
    ),
    per="account",
    series=0,
    critical=True,
)

ALL: Final[tuple[Signal, ...]] = (
    FILLS,
    VOLUME,
    NOTIONAL,
    SELF,
    LAST_TIMESTAMP,
    FEE_PAID,
    FEE_REBATED,
    PNL_ATTRIBUTED,
    PNL_REALIZED,
    PNL_UNREALIZED,
    PNL_UNEXPLAINED,
    MARKOUT_PNL,
    MARKOUT_NOTIONAL,
    MARKOUT_SQUARED,
    MARKOUT_FILLS,
    POSITION_SIZE,
    POSITION_ENTRY,
    FUNDING_RATE,
    FUNDING_INTERVAL,
    MARGIN_RATIO,
)
"""Every signal of this section."""
