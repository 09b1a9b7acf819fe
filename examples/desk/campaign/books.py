"""Faults that the local exchange cannot have: a real service says what an engine would say then."""

from __future__ import annotations

from typing import Any, Final

from examples.desk.campaign import acts
from examples.desk.campaign.acts import account, book
from examples.desk.campaign.fault import TICKET, Fault, Told, clients
from examples.desk.campaign.quoting import SINCE


def _at(of: dict[str, str]) -> dict[str, str]:
    return {name: of[name] for name in ("client", "venue", "symbol")}


def _fault(name: str, inject: Any, told: Told | None, client: str, **more: Any) -> Fault:
    return Fault(name, inject, (told,) if told else (), clients(client), **more)


FAULTS: Final = (
    _fault(
        "margin",
        acts.margin,
        Told(
            "MarginLow",
            account("vega", "kraken"),
            r"vega on kraken: margin of vega-mm used to 80%, 70% allowed.*",
        ),
        "vega",
    ),
    _fault(
        "loan ends",
        acts.loan,
        Told("LoanExpiry", {"client": "lyra", "asset": "ETC"}, r"lyra: the loan of .*ETC.*"),
        "lyra",
        # Twice a lookback: of the loan, and of the record that the slow page reads.
        settle=90,
    ),
    _fault(
        "API key expires",
        acts.key,
        Told(
            "ApiKeyExpiry",
            {"venue": "kraken", "account": "draco-mm"},
            r"kraken draco-mm: API key expires .* UTC, .* left.*",
        ),
        "draco-key",
    ),
    _fault(
        "withdrawals closed",
        acts.transfers,
        Told(
            "TransfersHalted",
            {"venue": "bitstamp", "asset": "XRP"},
            r"bitstamp: XRP withdrawals closed for .*",
            severity=TICKET,
        ),
        "cetus",
    ),
    _fault(
        "delisting",
        acts.delisting,
        Told(
            "Delisting",
            {"venue": "bitfinex", "symbol": "XRP/USD"},
            r"bitfinex XRP/USD will be delisted \(trading expected\), known since .*",
            severity=TICKET,
            owner="client-manager",
        ),
        "pavo",
    ),
    _fault(
        "self-trade",
        acts.self_trade,
        Told(
            "SelfTrade",
            _at(book("hydra", "gemini", "ETH/USD")),
            r"hydra on gemini ETH/USD: traded with itself, .*",
        ),
        "hydra",
        settle=90,
    ),
    _fault(
        "one-sided fills",
        acts.one_sided_fills,
        Told(
            "OneSidedFills",
            _at(book("cygnus", "gemini", "SOL/USD")),
            r"cygnus on gemini SOL/USD: sold one-sidedly, imbalance -100% in an hour over \d+ .*",
            resolves=False,
        ),
        "cygnus",
        settle=0,
    ),
    _fault(
        "adverse selection",
        acts.adverse,
        Told(
            "AdverseSelection",
            _at(book("lupus", "bitbank", "BTC/USD")),
            r"lupus on bitbank BTC/USD: fills are at -\d+\.\d bp a minute later, .*",
            resolves=False,
        ),
        "lupus",
        seconds=150,
        settle=0,
    ),
    _fault(
        "drawdown",
        acts.drawdown,
        Told(
            "Drawdown",
            {"client": "perseus"},
            rf"perseus.* today, \d+(\.\d+)?% of the limit of 1k USD, {SINCE}.*",
        ),
        "perseus",
        settle=90,
        prepare=acts.position,
    ),
    _fault(
        "kill switch",
        acts.kill_switch,
        Told(
            "KillSwitchFired",
            _at(book("corvus", "coinbase", "BTC/USD")),
            r"corvus on coinbase BTC/USD: kill switch fired, .*",
        ),
        "corvus",
    ),
    _fault(
        "quote off reference",
        acts.off_reference,
        Told(
            "QuoteOffReference",
            _at(book("aquila", "coinbase", "ETH/USD")),
            r"aquila on coinbase ETH/USD: bid 2\.9\d % through the reference mid, 1 % allowed, "
            rf"{SINCE}.*",
        ),
        "aquila",
    ),
    _fault(
        "own quotes crossed",
        acts.crossed,
        Told(
            "SpreadOutOfBand",
            _at(book("ursa", "coinbase", "SOL/USD")),
            r"ursa on coinbase SOL/USD: own quotes are crossed, .* -\d+\.\d+ bp, "
            rf"more than 0 bp required, {SINCE}.*",
        ),
        "ursa",
    ),
    _fault(
        "pool position out of range",
        acts.out_of_range,
        Told(
            "PositionOutOfRange",
            _at(book("phoenix", "uniswap-v3", "WETH/USDC@0.05%")),
            r"phoenix on uniswap-v3 WETH/USDC@0\.05%: price outside the position's range.*",
        ),
        "phoenix",
    ),
    _fault(
        "chain node behind",
        acts.chain_lag,
        Told(
            "ChainLagging",
            {"venue": "pancakeswap"},
            r"desk/actor sees pancakeswap late: newest block 2m.* old \(1m 0s allowed\)",
            owner="platform",
        ),
        "draco",
    ),
    _fault(
        "reference rates stale",
        acts.stale_rate,
        Told(
            "ReferenceRateStale",
            {"provider": "second"},
            r"Every rate by second is .* old \(.* allowed\)",
            severity=TICKET,
            owner="platform",
        ),
        "rates",
        seconds=90,
    ),
    _fault(
        "balances unconfirmed",
        acts.balances,
        Told(
            "BalancesUnconfirmed",
            account("norma", "bitvavo"),
            r"norma on bitvavo: balances of norma-mm unconfirmed for \d+ s, \d+ s allowed.*",
            severity=TICKET,
        ),
        "norma",
    ),
    _fault(
        "request limit nearly used",
        acts.rate_limit,
        Told(
            "RateLimitNear",
            {"venue": "kraken", "account": "carina-mm"},
            r"carina on kraken carina-mm: 97% of orders_10s used \(95% allowed\)",
        ),
        "carina",
    ),
    _fault(
        "price dislocated",
        acts.dislocated,
        Told(
            "PriceDislocated",
            {"venue": "bitso", "symbol": "BTC/USD"},
            r"bitso BTC/USD trades 6% below the fair price \(1% allowed\), "
            rf"{SINCE} with 2 live orders",
        ),
        "auriga",
        seconds=75,
    ),
    _fault(
        "open orders not read",
        acts.views,
        Told(
            "OrdersUnconfirmed",
            _at(book("pyxis", "bitso", "ETH/USD")),
            r"pyxis on bitso ETH/USD: open orders unconfirmed for \d+ s, \d+ s allowed, "
            r"by desk/actor",
        ),
        "pyxis",
        seconds=75,
    ),
    _fault(
        "quotes unconfirmed",
        acts.unconfirmed,
        Told(
            "QuotesUnconfirmed",
            _at(book("borealis", "okx", "BOR/USDT")),
            r"borealis on okx BOR/USDT: quotes unconfirmed for \d+ s, \d+ s allowed, "
            r"by desk/mm-alts-1",
        ),
        "borealis",
    ),
    _fault(
        "engine and venue disagree",
        acts.disagreement,
        Told(
            "SourcesDisagree",
            account("caelum", "bitpanda"),
            r"caelum on bitpanda: engine and venue disagree about caelum-mm for .* "
            r"\(.* allowed\).*",
            severity=TICKET,
        ),
        "caelum",
        seconds=120,
    ),
    _fault(
        "PnL that nothing explains",
        acts.unexplained,
        Told(
            "PnLUnexplained",
            {"client": "crater"},
            r"crater: -1k USD of the last hour's PnL unexplained \(client capital\), "
            r"±\d+(\.\d+)? USD allowed",
            severity=TICKET,
        ),
        "crater",
    ),
    _fault(
        "hedge uncovered",
        acts.uncovered,
        Told(
            "HedgeUncovered",
            {"client": "dorado", "asset": "SOL"},
            rf"dorado SOL: \+20 SOL uncovered, ±10 SOL allowed, {SINCE}",
        ),
        "dorado",
    ),
    _fault(
        "hedge at its limit",
        acts.hedge_limit,
        Told(
            "HedgeLimit",
            {"client": "fornax", "venue": "bitpanda", "symbol": "SOL/USDT:USDT"},
            r"fornax on bitpanda SOL/USDT:USDT: hedge fornax-mm/hedge holds 97% of its limit, "
            r"97 of 100.*",
        ),
        "fornax",
    ),
    _fault(
        "gas runs out",
        acts.gas,
        Told(
            "GasLow",
            account("grus", "curve"),
            r"grus grus-mm on curve: ETH for 2\.0 more transactions \(10 required\)",
        ),
        "grus",
        seconds=60,
    ),
    _fault("thin market, alive but silent", acts.thin_market, None, "lepus", seconds=30, settle=5),
)
