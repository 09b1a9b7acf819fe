# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Names of attributes, and the sets of them that identify what a signal is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT: Final = "client"
"""Whose mandate this is; `desk` for the firm's own books."""
VENUE: Final = "venue"
"""Exchange or protocol, by its ccxt id where ccxt has one."""
SYMBOL: Final = "symbol"
"""Unified symbol of ccxt; pair and fee tier for an AMM."""
BASE: Final = "base"
"""Asset that is bought and sold, derived from `symbol`."""
QUOTE: Final = "quote"
"""Asset that prices are in, derived from `symbol`."""
SETTLE: Final = "settle"
"""Asset a derivative settles in, derived from `symbol`; empty on spot (Prometheus then shows no
such label)."""
ACCOUNT: Final = "account"
"""Label of a sub-account or wallet, never a key or a full address."""
TAG: Final = "tag"
"""Strategy or book within an account."""
MANDATE: Final = "mandate"
"""Id of the obligation in the mandates file."""
ASSET: Final = "asset"
"""Currency of a balance, fee, exposure or rate."""
CURRENCY: Final = "currency"
"""Reference currency that a value is expressed in."""
PROVIDER: Final = "provider"
"""Who supplied a reference rate."""
LENDER: Final = "lender"
"""Who lent an asset."""
STREAM: Final = "stream"
"""Kind of data a feed carries."""
LOOP: Final = "loop"
"""Name of a loop of a service; `<service>/<loop>` is what must be alive."""
LIMIT: Final = "limit"
"""Name of one of a venue's request limits, as the venue calls it."""
SERVICE: Final = "service"
"""A service as Prometheus names its job: `namespace/name`. Not called `job`, because Prometheus
overwrites an attribute of that name with the job of the sender."""
VERSION: Final = "version"
"""Version of the mandates file that an obligation comes from."""
LEVEL: Final = "level"
"""Index on the ladder counted from the touch, `1` = best; 10 levels by default, at most 50."""
ALERT: Final = "alert"
"""Name of an alert whose threshold the mandates file sets."""
SOURCE: Final = "source"
"""Who saw it."""
SIDE: Final = "side"
"""Side of resting liquidity (`bid`, `ask`) or of an order or trade (`buy`, `sell`)."""
BAND: Final = "band"
"""Distance from mid in percent; a band holds everything nearer to mid than its limit."""
STATE: Final = "state"
"""State of a book, of an obligation's quote, of a balance or of a service; each has its own
closed set."""
STATUS: Final = "status"
"""Status of a venue or of a market; each has its own closed set."""
KIND: Final = "kind"
"""Kind of a feed's error or of an inventory flow; each has its own closed set."""
DIRECTION: Final = "direction"
"""Direction of a PnL component, of a venue's transfers or of an inventory flow; each has its own
closed set."""
ACTION: Final = "action"
"""What was asked of the venue."""
REASON: Final = "reason"
"""Why an order action failed, or why telemetry was dropped; each has its own closed set."""
ORIGIN: Final = "origin"
"""Who refused."""
LIQUIDITY: Final = "liquidity"
"""Whether a fill gave or took liquidity."""
COMPONENT: Final = "component"
"""What a part of PnL comes from."""
HORIZON: Final = "horizon"
"""Seconds after the fill at which it is judged."""
ROLE: Final = "role"
"""What a book is for."""
CAPITAL: Final = "capital"
"""Whose money it is; never sum over it."""
TERM: Final = "term"
"""Term of an obligation."""
TIER: Final = "tier"
"""Liquidity tier of a market, which sets the default thresholds."""
FEED: Final = "feed"
"""What a staleness limit applies to."""
SEVERITY: Final = "severity"
"""How urgent an alert is."""
WINDOW: Final = "window"
"""Time over which a loss or a volume is summed."""
OUTCOME: Final = "outcome"
"""How a transaction or an export ended; each has its own closed set."""

PROCESS_SET: Final[tuple[str, ...]] = ()
"""The process itself; its resource attributes say which."""
MARKET_SET: Final[tuple[str, ...]] = (
    VENUE,
    SYMBOL,
    BASE,
    QUOTE,
    SETTLE,
)
"""A market, whoever trades it."""
BOOK_SET: Final[tuple[str, ...]] = (
    CLIENT,
    ACCOUNT,
    TAG,
    VENUE,
    SYMBOL,
    BASE,
    QUOTE,
    SETTLE,
)
"""What one strategy quotes or trades in one account."""
OBLIGATION_SET: Final[tuple[str, ...]] = (
    MANDATE,
    CLIENT,
    VENUE,
    SYMBOL,
    BASE,
    QUOTE,
    SETTLE,
)
"""What the client was promised on a market, all accounts and tags of the client there together."""
ACCOUNT_SET: Final[tuple[str, ...]] = (
    CLIENT,
    VENUE,
    ACCOUNT,
)
"""An account of a client on a venue, the path its orders take; not by symbol, which would be
most of all series."""
BALANCE_SET: Final[tuple[str, ...]] = (
    CLIENT,
    VENUE,
    ACCOUNT,
    ASSET,
)
"""A balance; symbol and tag don't apply."""
CLIENT_MARKET_SET: Final[tuple[str, ...]] = (
    CLIENT,
    VENUE,
    SYMBOL,
    BASE,
    QUOTE,
    SETTLE,
)
"""A client's trading on a market, whichever account it is in."""
FEED_SET: Final[tuple[str, ...]] = (
    VENUE,
    STREAM,
)
"""A stream of data from a venue."""
VENUE_SET: Final[tuple[str, ...]] = (VENUE,)
"""An exchange, protocol or chain node."""
CREDENTIAL_SET: Final[tuple[str, ...]] = (
    VENUE,
    ACCOUNT,
)
"""What one login to a venue has, whoever it trades for."""
TRANSFERABLE_SET: Final[tuple[str, ...]] = (
    VENUE,
    ASSET,
)
"""An asset that can be moved to and from a venue."""
RATE_SET: Final[tuple[str, ...]] = (
    ASSET,
    CURRENCY,
    PROVIDER,
)
"""An asset's rate in a reference currency."""
HOLDING_SET: Final[tuple[str, ...]] = (
    CLIENT,
    ASSET,
)
"""A client's asset over all venues."""
LOAN_SET: Final[tuple[str, ...]] = (
    CLIENT,
    ASSET,
    LENDER,
)
"""A loan of an asset to a client's books."""
CLIENT_SET: Final[tuple[str, ...]] = (CLIENT,)
"""A client as a whole."""
LEDGER_SET: Final[tuple[str, ...]] = (
    CLIENT,
    ACCOUNT,
)
"""A client's account label as a whole, over venues."""
LOOP_SET: Final[tuple[str, ...]] = (LOOP,)
"""A loop of the process."""
EXPECTED_SERVICE_SET: Final[tuple[str, ...]] = (
    SERVICE,
    LOOP,
    CLIENT,
)
"""A loop of a service that must be reporting."""

IDENTITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "process": PROCESS_SET,
    "market": MARKET_SET,
    "book": BOOK_SET,
    "obligation": OBLIGATION_SET,
    "account": ACCOUNT_SET,
    "balance": BALANCE_SET,
    "client_market": CLIENT_MARKET_SET,
    "feed": FEED_SET,
    "venue": VENUE_SET,
    "credential": CREDENTIAL_SET,
    "transferable": TRANSFERABLE_SET,
    "rate": RATE_SET,
    "holding": HOLDING_SET,
    "loan": LOAN_SET,
    "client": CLIENT_SET,
    "ledger": LEDGER_SET,
    "loop": LOOP_SET,
    "expected_service": EXPECTED_SERVICE_SET,
}
"""The sets by name, as `Signal.per` has it."""
