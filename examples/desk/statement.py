"""What one account holds: the venue's word, our own ledger's, and what explains a difference."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from examples.desk.config import AccountPlan
    from examples.desk.portfolio import Portfolio
    from fortuna_otel.meters.inventory import Account

log = structlog.get_logger()

# Some venues tell a withdrawal's time in whole seconds.
WHOLE_SECOND_MS: Final = 1_000
# Below this share of what is held a difference is rounding.
ROUNDING: Final = 1e-7


class Statement:
    """The balances of one account, and the ledger that says what they should be.

    The ledger begins with the first balances; every own trade and every deposit or withdrawal
    that the venue tells of moves it. What is compared holds for the same moment: a trade that is
    younger than the balances waits for the next ones.

    Args:
        exchange: ccxt with the account's keys.
        plan: whose account it is.
        meter: where it is told.
        portfolio: takes what is held.
    """

    def __init__(
        self, exchange: Any, plan: AccountPlan, meter: Account, portfolio: Portfolio
    ) -> None:
        self._exchange, self._plan, self._meter = exchange, plan, meter
        self._portfolio = portfolio
        self._tag = plan.books[0].book.tag
        self._ledger: defaultdict[str, float] = defaultdict(float)
        # (Unix milliseconds, asset, change), until balances are as young.
        self._waiting: list[tuple[float, str, float]] = []
        self._began: float | None = None
        self._transfers: set[tuple[bool, str]] = set()

    def traded(self, trade: Any) -> None:
        """Book an own trade."""
        base, quote = trade["symbol"].split("/")
        sign = 1 if trade["side"] == "buy" else -1
        at, fee = float(trade["timestamp"]), trade["fee"] or {}
        amount, cost = float(trade["amount"]), float(trade["cost"])
        self._waiting += [(at, base, sign * amount), (at, quote, -sign * cost)]
        if fee.get("cost"):
            self._waiting.append((at, fee["currency"], -float(fee["cost"])))

    async def read(self, read_trades: Callable[[], Awaitable[None]] | None = None) -> None:
        """Read the balances, tell them, and tell what they should be.

        Args:
            read_trades: books every trade that there is by now.
        """
        asked = time.time() * 1000
        balances = await self._exchange.fetch_balance()
        at = float(balances["timestamp"] or asked)
        totals = {asset: total or 0.0 for asset, total in balances["total"].items()}
        if read_trades is not None:
            await read_trades()
        self._book(at, totals)
        if any(self._differs(asset, total) for asset, total in totals.items()):
            await self._explain()
        for asset, total in totals.items():
            free, used = balances["free"][asset] or 0.0, balances["used"][asset] or 0.0
            self._meter.balance(asset, free=free, used=used)
            self._meter.tracked(asset, self._ledger[asset], tag=self._tag)
            self._portfolio.set(self._plan, asset, total)

    def _book(self, at: float, totals: dict[str, float]) -> None:
        """Bring the ledger to the time of the balances."""
        if self._began is None:
            self._began = at
            self._ledger.update(totals)
            self._waiting.clear()
            return
        for booked, asset, change in self._waiting:
            if self._began < booked <= at:
                self._ledger[asset] += change
        self._waiting = [one for one in self._waiting if one[0] > at]

    def _differs(self, asset: str, total: float) -> bool:
        return abs(total - self._ledger[asset]) > ROUNDING * max(abs(total), 1.0)

    async def _explain(self) -> None:
        """Ask the venue for deposits and withdrawals, and book those that are new."""
        since = int(self._began or 0) - WHOLE_SECOND_MS
        for into in (True, False):
            fetch = self._exchange.fetch_deposits if into else self._exchange.fetch_withdrawals
            for moved in await fetch(since=since):
                key = into, str(moved["id"] or moved["txid"])
                if key in self._transfers or moved["timestamp"] < since:
                    continue
                self._transfers.add(key)
                asset, amount = str(moved["currency"]), float(moved["amount"])
                self._ledger[asset] += amount if into else -amount
                self._meter.flow(
                    asset,
                    amount,
                    kind="deposit" if into else "withdrawal",
                    direction="in" if into else "out",
                )
                log.info("transfer", account=self._plan.account, asset=asset, amount=amount)
