# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Closed sets of attribute values. A member is its value: `BookSide.BID == "bid"`."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Who saw it."""

    ENGINE = "engine"
    """The trading service itself."""
    VENUE = "venue"
    """A watcher that asks the venue independently."""


class Band(StrEnum):
    """Distance from mid in percent; a band holds everything nearer to mid than its limit."""

    PCT_0_5 = "0.5"
    """Within 0.5 % of mid."""
    PCT_1 = "1"
    """Within 1 % of mid."""
    PCT_2 = "2"
    """Within 2 % of mid."""
    PCT_3 = "3"
    """Within 3 % of mid."""
    PCT_5 = "5"
    """Within 5 % of mid."""
    PCT_10 = "10"
    """Within 10 % of mid."""
    PCT_15 = "15"
    """Within 15 % of mid."""
    PCT_20 = "20"
    """Within 20 % of mid."""


class Action(StrEnum):
    """What was asked of the venue."""

    SUBMIT = "submit"
    """Place an order."""
    CANCEL = "cancel"
    """Cancel an order."""


class Origin(StrEnum):
    """Who refused."""

    VENUE = "venue"
    """The venue answered so."""
    LOCAL = "local"
    """Our own checks or limiter."""


class Liquidity(StrEnum):
    """Whether a fill gave or took liquidity."""

    MAKER = "maker"
    """Our order rested."""
    TAKER = "taker"
    """Our order crossed."""


class Component(StrEnum):
    """What a part of PnL comes from."""

    SPREAD = "spread"
    """Distance of fills from the reference mid at that moment."""
    INVENTORY = "inventory"
    """Revaluation of the position to the reference mid."""
    FEES = "fees"
    """Trading fees and rebates."""
    FUNDING = "funding"
    """Funding payments of perpetuals."""
    LOAN = "loan"
    """Interest on borrowed assets."""
    GAS = "gas"
    """Transaction fees of a chain."""


class Horizon(StrEnum):
    """Seconds after the fill at which it is judged."""

    SECONDS_0 = "0"
    """At the fill."""
    SECONDS_1 = "1"
    """After one second."""
    SECONDS_5 = "5"
    """After 5 s."""
    SECONDS_30 = "30"
    """After 30 s."""
    SECONDS_60 = "60"
    """After a minute."""
    SECONDS_300 = "300"
    """After five minutes."""


class Role(StrEnum):
    """What a book is for."""

    QUOTE = "quote"
    """It provides liquidity."""
    HEDGE = "hedge"
    """It offsets the risk of other books."""


class Capital(StrEnum):
    """Whose money it is; never sum over it."""

    CLIENT = "client"
    """The client's."""
    DESK = "desk"
    """The firm's own."""


class Term(StrEnum):
    """Term of an obligation."""

    PRESENCE = "presence"
    """Live orders on every promised side."""
    SPREAD = "spread"
    """Present and no wider than the maximum."""
    DEPTH = "depth"
    """Every required depth is there."""
    LEVELS = "levels"
    """Enough levels of the required size on every promised side."""
    ALL = "all"
    """All terms at once."""


class Tier(StrEnum):
    """Liquidity tier of a market, which sets the default thresholds."""

    LIQUID = "liquid"
    """Continuously traded."""
    THIN = "thin"
    """Trades are minutes apart."""


class Feed(StrEnum):
    """What a staleness limit applies to."""

    MARKET = "market"
    """Market data."""
    QUOTES = "quotes"
    """Own quotes."""
    ORDERS = "orders"
    """The view of open orders."""
    LAG = "lag"
    """A market message when it arrives."""


class Severity(StrEnum):
    """How urgent an alert is."""

    PAGE = "page"
    """Wakes somebody."""
    TICKET = "ticket"
    """Read in working hours."""


class Window(StrEnum):
    """Time over which a loss or a volume is summed."""

    DAY = "day"
    """The day of the desk."""
    WEEK = "week"
    """Seven days, up to now."""
    MONTH = "month"
    """The calendar month of the desk."""


class BookSide(StrEnum):
    """Side of resting liquidity."""

    BID = "bid"
    """Resting to buy."""
    ASK = "ask"
    """Resting to sell."""


class TradeSide(StrEnum):
    """Side of an order or trade, as we see it."""

    BUY = "buy"
    """We buy the base."""
    SELL = "sell"
    """We sell the base."""


class BookState(StrEnum):
    """What a book says of itself."""

    STARTING = "starting"
    """Not yet at work."""
    QUOTING = "quoting"
    """The book keeps two sides in the market."""
    ONE_SIDED_LIMIT = "one_sided_limit"
    """One side is held back by a limit."""
    PULLED_RISK = "pulled_risk"
    """Risk control took the quotes out."""
    PAUSED = "paused"
    """A person paused the book."""
    MAINTENANCE = "maintenance"
    """Agreed maintenance."""
    STOPPING = "stopping"
    """Winding down."""
    HALTED = "halted"
    """The kill switch fired."""


class QuotingState(StrEnum):
    """Which sides of an obligation have live orders."""

    TWO_SIDED = "two_sided"
    """Live orders on both sides."""
    BID_ONLY = "bid_only"
    """Live orders on the bid alone."""
    ASK_ONLY = "ask_only"
    """Live orders on the ask alone."""
    EMPTY = "empty"
    """No live order."""


class BalanceState(StrEnum):
    """Part of a balance."""

    FREE = "free"
    """Available."""
    USED = "used"
    """Held by open orders."""
    LOCKED = "locked"
    """Ours, but not available: staked, frozen, collateral."""
    IN_TRANSIT = "in_transit"
    """Sent and not yet arrived; in nobody's balance."""
    BORROWED = "borrowed"
    """Owed: a liability, not part of the total."""


class ServiceState(StrEnum):
    """Where a service is in its life."""

    STARTING = "starting"
    """Not yet at work."""
    RUNNING = "running"
    """At work."""
    STOPPING = "stopping"
    """Winding down."""
    STOPPED = "stopped"
    """Ended gracefully."""


class VenueStatus(StrEnum):
    """What a venue can do."""

    OK = "ok"
    """Everything works."""
    POST_ONLY = "post_only"
    """Only orders that rest are taken."""
    CANCEL_ONLY = "cancel_only"
    """Orders can only be cancelled."""
    MAINTENANCE = "maintenance"
    """Announced maintenance."""
    DOWN = "down"
    """Unreachable or refusing everything."""


class MarketStatus(StrEnum):
    """What can be done on a market."""

    TRADING = "trading"
    """Open for trading."""
    HALTED = "halted"
    """Trading is suspended."""
    DELISTING = "delisting"
    """Its end is announced."""


class FeedError(StrEnum):
    """What went wrong on a feed."""

    TIMEOUT = "timeout"
    """No answer in time."""
    NETWORK = "network"
    """Connection refused, reset or not resolved."""
    AUTH = "auth"
    """Credentials refused."""
    RATE_LIMITED = "rate_limited"
    """Too many requests."""
    MAINTENANCE = "maintenance"
    """The venue says it is in maintenance."""
    INVALID = "invalid"
    """A message that cannot be understood."""
    OTHER = "other"
    """Anything else."""


class FlowKind(StrEnum):
    """Why an asset moved without a trade."""

    DEPOSIT = "deposit"
    """From outside the firm."""
    WITHDRAWAL = "withdrawal"
    """To outside the firm."""
    INTERNAL = "internal"
    """Between two accounts of the firm."""
    LOAN = "loan"
    """Principal lent or paid back."""


class PnlDirection(StrEnum):
    """Sign of a signed sum, which is kept as two counters."""

    GAIN = "gain"
    """In our favour."""
    LOSS = "loss"
    """Against us, as a positive amount."""


class TransferDirection(StrEnum):
    """Direction of a venue's transfers."""

    DEPOSIT = "deposit"
    """Towards the venue."""
    WITHDRAWAL = "withdrawal"
    """Away from the venue."""


class FlowDirection(StrEnum):
    """Direction of an inventory flow."""

    IN = "in"
    """Into the account."""
    OUT = "out"
    """Out of the account."""


class OrderError(StrEnum):
    """Why an order action failed."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    """Not enough balance or margin."""
    POST_ONLY = "post_only"
    """A post-only order would have taken."""
    NOT_FOUND = "not_found"
    """The order is unknown to the venue."""
    RATE_LIMITED = "rate_limited"
    """Too many requests."""
    AUTH = "auth"
    """Credentials refused."""
    TIMEOUT = "timeout"
    """No answer in time."""
    MAINTENANCE = "maintenance"
    """Venue or market takes no orders."""
    NETWORK = "network"
    """Connection refused, reset or not resolved."""
    INVALID = "invalid"
    """Not acceptable as it is: an order off its tick or lot, a value that is no finite number."""
    OTHER = "other"
    """Anything else."""


class DropReason(StrEnum):
    """Why telemetry was dropped."""

    INVALID = "invalid"
    """Not acceptable as it is: an order off its tick or lot, a value that is no finite number."""
    LIMIT = "limit"
    """A family or the process is at its bound of series."""
    BUFFER_FULL = "buffer_full"
    """The replay buffer had no room."""
    EXPIRED = "expired"
    """Older than the replay buffer keeps."""
    REFUSED = "refused"
    """The Collector took the request but refused some of it."""
    INTERNAL = "internal"
    """An error inside the telemetry itself."""


class TransactionOutcome(StrEnum):
    """How a transaction ended."""

    INCLUDED = "included"
    """In a block and successful."""
    REVERTED = "reverted"
    """In a block, without effect."""
    DROPPED = "dropped"
    """Left the mempool."""
    REPLACED = "replaced"
    """Another transaction took its nonce."""


class ExportOutcome(StrEnum):
    """How an export ended."""

    DELIVERED = "delivered"
    """Accepted as a whole."""
    PARTIAL = "partial"
    """Accepted in part."""
    FAILED = "failed"
    """Not accepted."""
