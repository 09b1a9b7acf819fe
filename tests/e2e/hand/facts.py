"""The desk: who runs, what is quoted, promised, held and heard. `events` says what happens."""

from __future__ import annotations

from tests.e2e.hand.model import (
    BANDS,
    Book,
    Judged,
    Market,
    Promise,
    Run,
    View,
)

BEGIN = -60
"""The first second that is told; markets and books are there, and nothing happens yet."""

END = 190
"""The second that every panel is asked for: all has been as it is for more than a minute."""

UNTIL = END + 20
"""The last second that is told: candles are asked for what follows them."""

RANGE = 170
"""Seconds of the dashboard's time range. What happened before second 20 is out of it."""

DAY = 86_400

# mm-1 crashes and is back as another instance, mm-2 as the same one; mm-3 crashes for good; mm-4
# comes late. All of them at a multiple of 5 s, so that nothing exported every 5 s is lost.
RUNS = (
    Run("desk/mm-1", "mm-1-a", BEGIN, 40),
    Run("desk/mm-1", "mm-1-b", 45),
    Run("desk/mm-2", "mm-2", BEGIN, 50),
    Run("desk/mm-2", "mm-2", 55),
    Run("desk/mm-3", "mm-3", BEGIN, 70),
    Run("desk/mm-4", "mm-4", 30),
    Run("desk/watch", "watch", BEGIN),
    Run("desk/rates", "rates", BEGIN),
    Run("desk/risk", "risk", BEGIN),
    # Late on every one has another that stands by: what both tell is not there twice.
    Run("desk/mm-1", "mm-1-s", 100, idle=True),
    Run("desk/mm-2", "mm-2-s", 100, idle=True),
    Run("desk/mm-4", "mm-4-s", 100, idle=True),
    Run("desk/watch", "watch-s", 100, idle=True),
    Run("desk/rates", "rates-s", 100, idle=True),
    Run("desk/risk", "risk-s", 100, idle=True),
)

MANDATES = "desk/mandates"
EXPORTERS = ("mandates-1", "mandates-2")
"""Who exports the mandates: two real processes, not told by hand."""

LOOPS = {
    "desk/mm-1": ("quote", "hedge"),
    "desk/mm-2": ("quote",),
    "desk/mm-3": ("quote",),
    "desk/mm-4": ("quote",),
    "desk/watch": ("watch",),
    "desk/rates": ("rates",),
    "desk/risk": ("books",),
}
HUNG = {("desk/risk", "books"): 100}
"""Since when a loop hangs; its process goes on exporting."""

STATES = {"desk/mm-4": "starting"}
"""What a service says of itself where that is not `running`."""

NEVER = "desk/mm-5"
"""Expected by the mandates, and never there."""


def _whole(near: float, far: float) -> dict[str, dict[float, float]]:
    """Return a venue's book, visible to 5 % on both sides; the ask is half as deep again."""
    bands = {band: near + far * band for band in BANDS if band <= 5}
    return {"bid": bands, "ask": {band: 1.5 * amount for band, amount in bands.items()}}


ABC = Market(
    "binance",
    "ABC/USDT",
    99.9,
    100.1,
    fair=100.049_998_76,
    volume=4_000_000,
    depth=_whole(20_000, 30_000),
    status={"desk/mm-1": "trading", "desk/watch": "trading"},
)
ABC_BTC = Market("binance", "ABC/BTC", 0.001_999, 0.002_001, volume=30)
XYZ_OKX = Market(
    "okx",
    "XYZ/USDT",
    4.99,
    5.01,
    fair=5.001,
    volume=800_000,
    # Of two services that hear it, the worse is believed.
    status={"desk/mm-2": "trading", "desk/mm-4": "delisting"},
)
XYZ_BINANCE = Market("binance", "XYZ/USDT", 4.98, 5.02, volume=600_000)
GHI = Market(
    "binance",
    "GHI/USDT",
    19.9,
    20.1,
    fair=20.0,
    volume=100_000,
    depth={"bid": {0.5: 4_000}, "ask": {0.5: 5_000}},
    status={"desk/mm-2": "trading"},
)
GHI_TRY = Market("okx", "GHI/TRY", 804, 806, volume=9_000_000, status={"desk/mm-4": "halted"})
ABC_OKX = Market("okx", "ABC/USDT", 100.0, 100.2, fair=100.1, depth=_whole(90_000, 40_000))

MARKETS = {one.key: one for one in (ABC, ABC_BTC, XYZ_OKX, XYZ_BINANCE, GHI, GHI_TRY, ABC_OKX)}

HEARS = {
    "desk/mm-1": (ABC, ABC_BTC),
    "desk/mm-2": (XYZ_OKX, GHI, ABC_OKX),
    "desk/mm-3": (XYZ_BINANCE,),
    "desk/mm-4": (XYZ_OKX, GHI_TRY, ABC_OKX),
    "desk/watch": (ABC,),
}
"""The markets that each service hears of, all of them by its stream `book`."""

RECEIVED = {"desk/mm-1": 0.5, "desk/mm-2": 1.5, "desk/mm-3": 0.5, "desk/mm-4": 2.5}
"""Seconds since the last message of a market, at every export; 1 where it is not said."""

LAG = {"desk/mm-1": 0.02, "desk/mm-2": 0.04, "desk/mm-4": 0.06, "desk/watch": 0.03}
"""Receive time less venue time, at every export; a venue that tells no time has none."""

CORE = Book("alpha", *ABC.key, "alpha-1", "core")
WIDE = Book("alpha", *ABC.key, "alpha-2", "wide")
# Its tag is in both accounts, beta's and gamma's account has one name, on both venues: no label
# alone says whose a number is.
THIRD = Book("alpha", *ABC.key, "alpha-2", "core")
CROSS = Book("alpha", *ABC_BTC.key, "alpha-1", "core")
HEDGE = Book("desk", *ABC.key, "desk-hedge", "hedge", capital="desk", role="hedge")
BIDDER = Book("beta", *XYZ_OKX.key, "main", "core")
EXTRA = Book("beta", *XYZ_OKX.key, "main", "extra")  # in no mandate
ENDED = Book("beta", *XYZ_BINANCE.key, "main", "core")
PAUSED = Book("beta", *ABC_OKX.key, "main", "core")
IDLE = Book("gamma", *GHI.key, "gamma-1", "core")  # never trades
LIRA = Book("gamma", *GHI_TRY.key, "main", "core")
ASKER = Book("gamma", *ABC_OKX.key, "main", "core")

BOOKS = (CORE, WIDE, THIRD, CROSS, HEDGE, BIDDER, EXTRA, ENDED, PAUSED, IDLE, LIRA, ASKER)

HOLDERS = {
    CORE: "desk/mm-1",
    WIDE: "desk/mm-1",
    THIRD: "desk/mm-1",
    CROSS: "desk/mm-1",
    HEDGE: "desk/mm-1",
    BIDDER: "desk/mm-2",
    EXTRA: "desk/mm-4",
    ENDED: "desk/mm-3",
    PAUSED: "desk/mm-2",
    IDLE: "desk/mm-2",
    LIRA: "desk/mm-4",
    ASKER: "desk/mm-4",
}
"""Which service trades each book."""

VIEWS = (
    View(
        "desk/mm-1",
        CORE,
        quotes=(((99.8, 30), (99.0, 40), (95, 10)), ((100.2, 25), (101, 35), (106, 12))),
        orders=(3, 3),
        oldest=-500,
        unresolved=0,
    ),
    View(
        "desk/mm-1",
        WIDE,
        quotes=(((99.7, 20), (98.5, 20)), ((100.4, 15), (103, 20))),
        orders=(2, 2),
        oldest=-100,
        unresolved=2,
    ),
    View(
        "desk/mm-1",
        CROSS,
        quotes=(((0.00197, 100),), ((0.00204, 90),)),
        confirmed=0.75,
        orders=(1, 1),
        oldest=-3,
        unresolved=0,
    ),
    View(
        "desk/mm-1",
        THIRD,
        quotes=(((99.6, 1),), ((101.5, 2),)),
        confirmed=0.125,
        orders=(1, 1),
        oldest=-70,
        unresolved=1,
    ),
    View("desk/mm-1", HEDGE, unresolved=0),
    # The watcher does not find one of the bids, and a little less on the best ask.
    View(
        "desk/watch",
        CORE,
        source="venue",
        quotes=(((99.8, 30), (95, 10)), ((100.2, 24), (101, 35), (106, 12))),
        confirmed=1.25,
        orders=(2, 3),
        oldest=-400,
        seen=1.25,
        ghosts=1,
        state=None,
    ),
    View(
        "desk/watch",
        WIDE,
        source="venue",
        quotes=(((99.7, 20), (98.5, 20)), ((100.4, 15), (103, 20))),
        confirmed=1.25,
        orders=(2, 2),
        oldest=-90,
        seen=1.25,
        ghosts=0,
        state=None,
    ),
    View(
        "desk/watch",
        THIRD,
        source="venue",
        quotes=(((99.6, 1),), ((101.5, 2),)),
        confirmed=1.5,
        orders=(1, 1),
        oldest=-70,
        seen=1.5,
        ghosts=0,
        state=None,
    ),
    View(
        "desk/mm-2",
        BIDDER,
        quotes=(((4.95, 200), (4.9, 300)), ()),
        orders=(2, 0),
        oldest=-60,
        unresolved=0,
        state="one_sided_limit",
    ),
    View("desk/mm-2", PAUSED, quotes=((), ()), unresolved=0, state="paused"),
    View(
        "desk/mm-2",
        IDLE,
        quotes=(
            ((19.9, 10), (19.6, 100), *((19.6 - 0.1 * n, n) for n in range(1, 9))),
            ((20.1, 50), *((20.1 + 0.2 * n, 2 * n) for n in range(1, 10))),
        ),
        # What it was until shortly before the end: averages are of both.
        before=(((19.9, 30),), ((20.1, 20), (20.3, 5))),
        changed=182,
        confirmed=0.5,
        orders=(10, 10),
        oldest=-10,
        unresolved=0,
    ),
    View(
        "desk/mm-3",
        ENDED,
        quotes=(((4.96, 100),), ((5.04, 100),)),
        orders=(1, 1),
        oldest=-20,
        unresolved=0,
    ),
    View("desk/mm-4", EXTRA, unresolved=0),
    View(
        "desk/mm-4",
        LIRA,
        quotes=(((800, 5),), ((810, 6),)),
        orders=(1, 1),
        oldest=30,
        unresolved=0,
    ),
    View(
        "desk/mm-4",
        ASKER,
        quotes=((), ((100.3, 8),)),
        orders=(0, 1),
        oldest=31,
        unresolved=0,
    ),
)

_ALWAYS = {"presence": 5, "spread": 5, "depth": 5, "all": 5}

PROMISES = (
    Promise(
        "alpha-abc",
        *CORE.obliged,
        books=(CORE, WIDE, THIRD),
        spread=(5, 30, 60),
        depth={0.5: (3_500, 3_500), 2: (6_500, 7_000)},
        judged=(
            Judged("desk/mm-1", "engine", _ALWAYS),
            # The venue did not always show what the engine believed.
            Judged("desk/watch", "venue", {"presence": 5, "spread": 4, "depth": 4.5, "all": 4}),
        ),
    ),
    Promise(
        "alpha-abc-btc",
        *CROSS.obliged,
        books=(CROSS,),
        spread=(10, 100, 200),
        depth={5: (0.1, 0.1)},
        judged=(Judged("desk/mm-1", "engine", {"presence": 5, "spread": 1, "depth": 5, "all": 1}),),
    ),
    Promise(
        "beta-xyz-okx",
        *BIDDER.obliged,
        books=(BIDDER,),
        spread=(10, 100, 200),
        depth={2: (500, 500)},
        judged=(Judged("desk/mm-2", "engine", {"presence": 0, "spread": 0, "depth": 0, "all": 0}),),
    ),
    Promise(
        "beta-xyz-binance",
        *ENDED.obliged,
        books=(ENDED,),
        spread=(20, 120, 250),
        depth={1: (400, 400)},
        judged=(Judged("desk/mm-3", "engine", _ALWAYS),),
    ),
    Promise(
        "beta-abc-okx",
        *PAUSED.obliged,
        books=(PAUSED,),
        spread=(10, 50, 100),
        depth={1: (1_000, 1_000)},
        judged=(Judged("desk/mm-2", "engine", {"presence": 0, "spread": 0, "depth": 0, "all": 0}),),
    ),
    Promise(
        "gamma-ghi-binance",
        *IDLE.obliged,
        books=(IDLE,),
        spread=(10, 100, 200),
        depth={0.5: (500, 400), 3: (1_000, 900)},
        judged=(
            Judged("desk/mm-2", "engine", {"presence": 5, "spread": 5, "depth": 0, "all": 0}, 5),
        ),
    ),
    Promise(
        "gamma-ghi-try",
        *LIRA.obliged,
        books=(LIRA,),
        spread=(10, 100, 200),
        depth={1: (3_000, 3_000)},
        judged=(Judged("desk/mm-4", "engine", dict.fromkeys(_ALWAYS, 0), 0),),
        scheduled=False,
    ),
    Promise(
        "gamma-abc-okx",
        *ASKER.obliged,
        books=(ASKER,),
        spread=(10, 50, 100),
        depth={1: (500, 500)},
        judged=(
            Judged("desk/mm-4", "engine", {"presence": 0, "spread": 0, "depth": 0, "all": 0}, 4),
        ),
    ),
)

UPTIME = 0.95
"""Promised of every obligation, of all terms over a rolling day."""
