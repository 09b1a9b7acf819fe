"""A desk of two clients in hand-made samples; what follows from them is worked out in the tests.

acme quotes BTC/USDT on binance in two accounts, on both sides and within its terms; globex quotes
ETH/EUR on kraken with one account, and nobody rests a bid there. It is 60 s after the first sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql
from tests.provisioning.evaluation import Raw, Series
from tests.top.prometheus import Scene

if TYPE_CHECKING:
    from fortuna_otel.signals.spec import Recorded

ENGINE = {"job": "desk/engine", "instance": "host/engine/0"}
BTC = {"venue": "binance", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT"}
ETH = {"venue": "kraken", "symbol": "ETH/EUR", "base": "ETH", "quote": "EUR"}
MM1 = {**BTC, "client": "acme", "account": "mm-1", "tag": "core"}
MM2 = {**BTC, "client": "acme", "account": "mm-2", "tag": "wide"}
GLOBEX = {**ETH, "client": "globex", "account": "gx", "tag": "core"}
ACME = {**BTC, "client": "acme", "mandate": "acme-btc"}
OWED = {**ETH, "client": "globex", "mandate": "globex-eth"}
RATES = {"USDT": 0.999, "EUR": 1.1, "BTC": 64_000.0, "ETH": 3_000.0, "USD": 1.0}


def always(signal: signals.Signal | Recorded, value: float, **labels: str) -> Series:
    """A gauge that does not change."""
    return Series(signal, f"{value!r}+0x60", **labels)


def rising(signal: signals.Signal, by: float, **labels: str) -> Series:
    """A counter that gains as much every second, from 0 on."""
    return Series(signal, f"0+{by!r}x60", **labels)


def rates(**changed: float | None) -> list[Raw]:
    """What assets are worth in dollars; None takes a rate away."""
    return [
        always(signals.market.REFERENCE_RATE, rate, asset=asset, currency="USD", provider="desk")
        for asset, rate in (RATES | changed).items()
        if rate is not None
    ]


def promised(obligation: dict[str, str], *books: dict[str, str]) -> list[Raw]:
    """The terms of an obligation: at most 10 bp, 100,000 within 0.5 %, 95 % of the day."""
    mandates = signals.mandates
    return [
        always(mandates.INFO, 1, **obligation, tier="liquid", capital="client", version="1"),
        always(mandates.SCHEDULED, 1, **obligation),
        always(mandates.SPREAD_MIN, 0.0001, **obligation),
        always(mandates.SPREAD_TARGET, 0.0003, **obligation),
        always(mandates.SPREAD_MAX, 0.001, **obligation),
        always(mandates.UPTIME_MIN, 0.95, **obligation, term="all"),
        *(
            always(mandates.DEPTH_MIN, 100_000, **obligation, side=side, band="0.5")
            for side in ("bid", "ask")
        ),
        *(always(mandates.BOOK, 1, **book, role="quote") for book in books),
    ]


def market(of: dict[str, str], mid: float, half: float) -> list[Raw]:
    """A venue's best prices, and the reference mid."""
    return [
        always(signals.market.BID, mid - half, **of),
        always(signals.market.ASK, mid + half, **of),
        always(signals.market.MID, mid, **of),
        always(signals.market.LAST, mid, **of),
        always(signals.market.REFERENCE_MID, mid, **of),
        always(signals.market.VENUE_STATUS, 1, venue=of["venue"], status="ok"),
        Series(
            signals.market.FEED_ALIVE_TIMESTAMP,
            "-0.4+1x60",
            **ENGINE,
            venue=of["venue"],
            stream="book",
        ),
    ]


def quoted(
    book: dict[str, str], bids: list[tuple[float, float]], asks: list[tuple[float, float]]
) -> list[Raw]:
    """A ladder that rests, as (price, size) from the touch on, confirmed 1 s ago."""
    quotes = signals.quotes
    by = {**book, "source": "engine"}
    found: list[Raw] = [
        always(quotes.BOOK_INFO, 1, **book, **ENGINE, role="quote", capital="client"),
        Series(quotes.UPDATED_TIMESTAMP, "-1+1x60", **by),
    ]
    for side, best, levels in (("bid", quotes.BID, bids), ("ask", quotes.ASK, asks)):
        worth = sum(price * size for price, size in levels)
        found.append(always(quotes.LIQUIDITY, worth, **by, side=side))
        found.append(always(quotes.DEPTH, worth, **by, side=side, band="0.5"))
        if levels:
            found.append(always(best, levels[0][0], **by))
        for number, (price, size) in enumerate(levels, start=1):
            at = {**by, "side": side, "level": str(number)}
            found.append(always(quotes.LADDER_PRICE, price, **at))
            found.append(always(quotes.LADDER_SIZE, size, **at))
    return found


def judged(obligation: dict[str, str], *, kept: float = 1.0) -> list[Raw]:
    """An obligation that is watched every second, and kept for a share of each."""
    by = {**obligation, "source": "engine"}
    on_market = {name: obligation[name] for name in promql.CLIENT_MARKET}
    return [
        rising(signals.obligations.OBSERVED_TIME, 1, **by),
        # 5 % of a day, and what of it is spent.
        always(recorded.UPTIME_BUDGET_SECONDS, 4_320, **on_market, term="all"),
        always(recorded.UPTIME_WINDOW_SUM_SECONDS, 60 * (1 - kept), **on_market, term="all"),
        rising(signals.obligations.KEPT_TIME, kept, **by, term="all"),
    ]


def flowed(flow: Recorded, value: float, **labels: str) -> list[Raw]:
    """What flowed in a minute."""
    return [Series(flow, f"_x40 {value!r}", **labels, capital="client")]


def worth(flow: Recorded, value: float, **labels: str) -> list[Raw]:
    """What a minute's flow was worth in each currency there is a rate in."""
    return flowed(flow, value, **labels, currency="USD")


def traded(book: dict[str, str], *, earned: float, fees: float) -> list[Raw]:
    """A book that earns spread and pays fees every second, and buys as much as it sells."""
    trades = signals.trades
    rate = RATES[book["quote"]]
    by = {name: value for name, value in book.items() if name not in {"base", "quote"}}
    gained = {"spread": 60 * earned * rate} if earned else {}
    gained |= {"fees": -60 * fees * rate} if fees else {}
    found: list[Raw] = [
        always(recorded.FLOW_ATTRIBUTED_LEVEL, 1, **by, component="fees", direction="loss"),
        always(recorded.FLOW_REALIZED_LEVEL, 1, **by, direction="gain"),
        always(recorded.FLOW_FEES_LEVEL, 1, **by, asset=book["quote"], direction="paid"),
        *(
            always(level, 1, **by, side=side)
            for level in (
                recorded.FLOW_TRADED_LEVEL,
                recorded.FLOW_FILLS_LEVEL,
                recorded.FLOW_VOLUME_LEVEL,
            )
            for side in ("buy", "sell")
        ),
        always(trades.LAST_TIMESTAMP, 48, **book),
    ]
    for component, value in gained.items():
        found += worth(recorded.FLOW_ATTRIBUTED_VALUE, value, **by, component=component)
    if earned:
        found += worth(recorded.FLOW_REALIZED_VALUE, 60 * earned * rate, **by)
    if fees:
        found += worth(recorded.FLOW_FEES_VALUE, 60 * fees * rate, **by)
    for side in ("buy", "sell"):
        of = {**by, "side": side, "liquidity": "maker"}
        found += worth(recorded.FLOW_TRADED_VALUE, 6_000 * rate, **of)
        found += flowed(recorded.FLOW_TRADED, 6_000, **of, quote=book["quote"])
        found += flowed(recorded.FLOW_FILLS, 60, **of)
        found += flowed(recorded.FLOW_VOLUME, 30, **of)
        found += [
            rising(signal, by_second, **book, side=side, liquidity="maker")
            for signal, by_second in (
                (trades.NOTIONAL, 100.0),
                (trades.FILLS, 1.0),
                (trades.VOLUME, 0.5),
            )
        ]
    return found


def alert(name: str, severity: str, **labels: str) -> list[Raw]:
    """An alert that fires, of what holds since 15 s after the beginning."""
    named = {"alertname": name, "severity": severity, **labels}
    inner = ",".join(f'{label}="{value}"' for label, value in named.items())
    return [
        Raw(f'ALERTS{{alertstate="firing",{inner}}}', "1+0x60"),
        Raw(f"ALERTS_FOR_STATE{{{inner}}}", "15+0x60"),
    ]


def acme() -> list[Raw]:
    """A client whose obligation is kept, with 90,000 of the 100,000 it needs in one account."""
    by = {**ACME, "source": "engine"}
    inventory = signals.inventory
    held = {"client": "acme", "venue": "binance", "account": "mm-1", "asset": "BTC"}
    return [
        *promised(ACME, MM1, MM2),
        *market(BTC, 64_000.0, 1.0),
        *quoted(
            MM1,
            [(63_990.0, 0.5), (63_980.5, 1.0)],
            [(64_010.0, 0.4), (64_020.0, 0.8), (64_030.0, 1.2)],
        ),
        *quoted(MM2, [(63_900.0, 1.0)], [(64_100.0, 1.0)]),
        *judged(ACME),
        always(signals.obligations.SPREAD, 20 / 64_000, **by),
        # 31,995 + 63,980.5 + 63,900 on the bid; 25,604 + 51,216 + 76,836 + 64,100 on the ask.
        always(signals.obligations.DEPTH, 159_875.5, **by, side="bid", band="0.5"),
        always(signals.obligations.DEPTH, 217_756.0, **by, side="ask", band="0.5"),
        *traded(MM1, earned=2.0, fees=0.5),
        *traded(MM2, earned=1.0, fees=0.0),
        always(inventory.EXPOSURE_NET, 3.5, client="acme", asset="BTC", capital="client"),
        always(signals.mandates.EXPOSURE_TARGET, 3.0, client="acme", asset="BTC"),
        always(signals.mandates.EXPOSURE_LIMIT, 2.0, client="acme", asset="BTC"),
        always(inventory.BALANCE, 3.0, **held, source="engine", state="free"),
        always(inventory.BALANCE, 1.0, **held, source="engine", state="used"),
        always(signals.mandates.FLOAT_MIN, 2.0, **held),
        Series(
            inventory.UPDATED_TIMESTAMP,
            "-7+1x60",
            client="acme",
            venue="binance",
            account="mm-1",
            source="engine",
        ),
    ]


def globex() -> list[Raw]:
    """A client of whom only an ask rests, which loses money in euro."""
    by = {**OWED, "source": "engine"}
    return [
        *promised(OWED, GLOBEX),
        *market(ETH, 2_700.0, 0.5),
        *quoted(GLOBEX, [], [(2_701.0, 10.0)]),
        *judged(OWED, kept=0.0),
        always(signals.obligations.DEPTH, 0.0, **by, side="bid", band="0.5"),
        always(signals.obligations.DEPTH, 27_010.0, **by, side="ask", band="0.5"),
        *traded(GLOBEX, earned=0.0, fees=0.3),
    ]


def services(*, silent: bool = False) -> list[Raw]:
    """The engine both clients need, and a rule engine that runs."""
    beat = "0+1x20 20+0x40" if silent else "-0.5+1x60"
    return [
        *(
            always(signals.mandates.SERVICE, 1, service="desk/engine", loop="quote", client=client)
            for client in ("acme", "globex")
        ),
        Series(signals.health.HEARTBEAT_TIMESTAMP, beat, **ENGINE, loop="quote"),
        Raw('ALERTS{alertname="Watchdog",alertstate="firing",severity="none"}', "1+0x60"),
    ]


def whole() -> list[Raw]:
    """The whole desk, with a page for globex and a ticket that belongs to nobody."""
    page = {"client": "globex", "venue": "kraken", "symbol": "ETH/EUR"}
    return [
        *rates(),
        *acme(),
        *globex(),
        *services(),
        always(recorded.FLOW_CURRENCY, 1, currency="USD", rank="1"),
        *alert("QuotesOneSided", "page", **page),
        *alert("CollectorQueueFilling", "ticket", job="collector"),
    ]


def scene(series: list[Raw] | None = None) -> Scene:
    """A scene of some series, or of the whole desk."""
    return Scene(whole() if series is None else series)
