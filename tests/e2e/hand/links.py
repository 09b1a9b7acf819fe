"""What the desk hears of its venues, and what they say of themselves."""

from __future__ import annotations

from tests.e2e.hand.facts import DAY
from tests.e2e.hand.model import Feed

FEEDS = (
    Feed("desk/mm-1", "binance", "book", 0.5),
    Feed("desk/mm-2", "binance", "book", 0.25, stuck=80),  # mm-1's goes on
    Feed("desk/mm-2", "okx", "book", 0.25),
    Feed("desk/mm-3", "binance", "book", 0.125),
    Feed("desk/mm-4", "okx", "book", 0.75),
    Feed("desk/watch", "binance", "book", 0.0625),
)

VENUES = {
    # One that left `maintenance`, and one of which two services say something else.
    "binance": {"desk/mm-1": ("ok", "maintenance"), "desk/mm-2": ("ok",)},
    "okx": {"desk/mm-2": ("post_only", "ok"), "desk/mm-4": ("ok",)},
}
"""What each service says of a venue: its status, then those it left."""

CLOCKS = {
    ("desk/mm-1", "binance"): -0.3,
    ("desk/mm-2", "binance"): 0.2,
    ("desk/mm-2", "okx"): 0.05,
    ("desk/mm-4", "okx"): -0.07,
}
"""The venue's clock less ours."""

LIMITS_USED = {
    ("desk/mm-1", "binance", "alpha-1", "orders"): 0.6,
    ("desk/mm-1", "binance", "alpha-2", "orders"): 0.4,
    ("desk/mm-2", "okx", "main", "requests"): 0.2,
}

TRANSFERS = {
    # Closed in one direction, and in both; open again by the newer word; an asset that is not ours.
    ("desk/mm-1", "binance", "ABC"): {"deposit": 1, "withdrawal": 0},
    ("desk/mm-1", "binance", "USDT"): {"deposit": 0, "withdrawal": 0},
    ("desk/mm-1", "binance", "BTC"): {"deposit": 1, "withdrawal": 1},
    ("desk/mm-1", "binance", "DOGE"): {"deposit": 0, "withdrawal": 0},
    ("desk/mm-2", "okx", "XYZ"): {"deposit": 0},
    ("desk/mm-2", "okx", "TRY"): {"deposit": 1},
}
"""Whether a venue takes deposits of an asset and pays withdrawals, as a service says."""

OURS = {
    "binance": {"ABC", "USDT", "BTC", "XYZ", "GHI"},
    "okx": {"ABC", "XYZ", "USDT", "TRY", "GHI"},
}
"""Assets that are traded, or must be held, at each venue."""

KEYS = {
    ("desk/mm-1", "binance", "alpha-1"): 10 * DAY,
    ("desk/mm-1", "binance", "alpha-2"): 400 * DAY,
    ("desk/watch", "binance", "alpha-2"): 300 * DAY,
    ("desk/mm-2", "okx", "main"): 20 * DAY,
    ("desk/mm-4", "okx", "main"): -3600,
}
"""When the API key that a service uses expires, in seconds of the story."""

BLOCKS = {("desk/mm-2", "okx"): 12.5, ("desk/mm-4", "okx"): 4.0}
"""Age of the newest block that a service knows of, at every export."""

DEADMAN = {
    ("desk/mm-1", "binance", "alpha-1"): 1,
    ("desk/watch", "binance", "alpha-2"): 0,
    ("desk/mm-1", "binance", "alpha-2"): 1,
    ("desk/mm-2", "okx", "main"): 0,
}
"""Whether the venue cancels an account's orders when we fall silent; where two differ: not."""
