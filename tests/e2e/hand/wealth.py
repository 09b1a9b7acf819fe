"""What the desk holds, owes and risks, and what it is worth."""

from __future__ import annotations

from tests.e2e.hand.facts import DAY
from tests.e2e.hand.model import Exposure, Holding, Lent, Rate

HOLDINGS = (
    Holding(
        "desk/mm-1",
        *("alpha", "binance", "alpha-1", "ABC"),
        {"free": 50, "used": 12, "locked": 0, "borrowed": 20},
    ),
    Holding(
        "desk/mm-1",
        *("alpha", "binance", "alpha-1", "USDT"),
        {"free": 20_000, "used": 3_000, "locked": 500},
        ledger={"core": 23_000.25, "wide": 510},
    ),
    Holding(
        "desk/mm-1",
        *("alpha", "binance", "alpha-1", "BTC"),
        {"free": 1.5, "used": 0.25, "locked": 0},
    ),
    # The watcher sees the same account, with more of it in orders than the engine believes.
    Holding(
        "desk/watch",
        *("alpha", "binance", "alpha-1", "ABC"),
        {"free": 45, "used": 17, "locked": 0, "borrowed": 20},
        source="venue",
        confirmed=3.0,
    ),
    Holding(
        "desk/watch",
        *("alpha", "binance", "alpha-1", "USDT"),
        {"free": 20_500, "used": 2_500, "locked": 500},
        source="venue",
        confirmed=3.0,
    ),
    Holding(
        "desk/watch",
        *("alpha", "binance", "alpha-1", "BTC"),
        {"free": 1.5, "used": 0.25, "locked": 0},
        source="venue",
        confirmed=3.0,
    ),
    Holding(
        "desk/mm-1",
        *("alpha", "binance", "alpha-2", "ABC"),
        {"free": 5, "used": 1, "locked": 0, "in_transit": 2},
        ledger={"core": 5.875},
        fees=0.5,
    ),
    Holding(
        "desk/mm-1",
        *("alpha", "binance", "alpha-2", "USDT"),
        {"free": 5_000, "used": 1_000, "locked": 0},
    ),
    Holding(
        "desk/mm-1",
        *("desk", "binance", "desk-hedge", "ABC"),
        {"free": 12, "used": 0, "locked": 0},
    ),
    Holding(
        "desk/mm-1",
        *("desk", "binance", "desk-hedge", "USDT"),
        {"free": 40_000, "used": 0, "locked": 0},
    ),
    Holding(
        "desk/mm-2",
        *("beta", "okx", "main", "XYZ"),
        {"free": 1_000, "used": 200, "locked": 0},
    ),
    Holding(
        "desk/mm-2",
        *("beta", "okx", "main", "USDT"),
        {"free": 900, "used": 100, "locked": 10},
    ),
    Holding(
        "desk/mm-3",
        *("beta", "binance", "main", "XYZ"),
        {"free": 500, "used": 50, "locked": 0},
    ),
    Holding(
        "desk/mm-3",
        *("beta", "binance", "main", "USDT"),
        {"free": 700, "used": 70, "locked": 0},
    ),
    Holding(
        "desk/mm-2",
        *("gamma", "binance", "gamma-1", "GHI"),
        {"free": 300, "used": 30, "locked": 0},
    ),
    Holding(
        "desk/mm-2",
        *("gamma", "binance", "gamma-1", "USDT"),
        {"free": 3_000, "used": 0, "locked": 0},
    ),
    Holding(
        "desk/mm-4",
        *("gamma", "okx", "main", "GHI"),
        {"free": 100, "used": 10, "locked": 0},
        ledger={"core": 110},
        fees=0.0,
    ),
    Holding(
        "desk/mm-4",
        *("gamma", "okx", "main", "TRY"),
        {"free": 50_000, "used": 5_000, "locked": 0},
    ),
)

FLOATS = {
    ("alpha", "binance", "alpha-1", "ABC"): 40,
    ("alpha", "binance", "alpha-1", "USDT"): 10_000,
    ("alpha", "binance", "alpha-2", "ABC"): 8,
    ("beta", "okx", "main", "XYZ"): 1_000,
    ("beta", "binance", "main", "XYZ"): 1_000,
    ("gamma", "okx", "main", "TRY"): 10_000,
}
"""The least of an asset that an account needs."""

EXPOSURES = (
    Exposure("alpha", "ABC", "client", 66, target=60, tolerance=10, limit=20),
    Exposure("alpha", "BTC", "client", 2),
    Exposure("desk", "ABC", "desk", -12, target=0, tolerance=15, limit=30),
    Exposure("beta", "XYZ", "client", 1_700, target=1_500, tolerance=100, limit=150),
    Exposure("beta", "ABC", "client", 5, target=2, tolerance=10, limit=20),
    Exposure("gamma", "GHI", "client", 400, target=410, tolerance=62, limit=100),
)

EQUITY = {
    ("alpha", "client", "USD"): 123_456.5,
    ("desk", "desk", "USD"): 41_200,
    ("beta", "client", "EUR"): 9_000,
}

UNEXPLAINED = {
    ("alpha", "alpha-1", "client", "USD"): 12.5,
    ("alpha", "alpha-2", "client", "USD"): -2.0,
    ("desk", "desk-hedge", "desk", "USD"): 3.0,
    ("beta", "main", "client", "EUR"): 0.0,
}
"""By the ledger of each account, since it began."""

LOANS = (
    Lent("alpha", "ABC", "alpha-treasury", 20, 0.05, 10 * DAY, strike=110),
    Lent("beta", "XYZ", "beta-treasury", 300, 0.0, -DAY),
)

LOSS_LIMITS = {"alpha": 5_000, "gamma": 1_000}
"""Of a day, in USD."""

RATES = (
    Rate("USDT", "USD", "one", 1.0, later=0.98, since=60),
    Rate("USDT", "EUR", "one", 0.9),
    Rate("ABC", "USD", "one", 100),
    Rate("ABC", "USD", "two", 99),
    Rate("ABC", "EUR", "one", 90),
    Rate("XYZ", "USD", "one", 5),
    Rate("XYZ", "EUR", "one", 4.5),
    Rate("GHI", "USD", "one", 20),
    Rate("BTC", "USD", "one", 50_000),
)
"""Nobody has a rate of TRY, nor one of BTC or GHI in EUR."""
