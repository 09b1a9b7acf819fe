"""What the clients of one engine hold, over all their accounts: exposure and equity."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from examples.desk.config import AccountPlan, EnginePlan
    from examples.desk.feed import Prices
    from fortuna_otel import Telemetry
    from fortuna_otel.mandates import Exposure


class Portfolio:
    """Holdings by account, and what they add up to by client.

    Args:
        telemetry: of this process.
        plan: the engine's.
        prices: what values the holdings.
    """

    def __init__(self, telemetry: Telemetry, plan: EnginePlan, prices: Prices) -> None:
        self._telemetry, self._plan, self._prices = telemetry, plan, prices
        self._held: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        self._accounts: defaultdict[str, list[AccountPlan]] = defaultdict(list)
        for account in plan.accounts:
            self._accounts[account.client].append(account)

    def set(self, account: AccountPlan, asset: str, total: float) -> None:
        """Take what the venue says an account holds of an asset."""
        self._held[account.venue, account.account][asset] = total

    def total(self, account: AccountPlan, asset: str) -> float:
        """Return what an account holds of an asset, 0 where nothing is known."""
        return self._held[account.venue, account.account].get(asset, 0.0)

    def exposure(self, client: str, asset: str) -> Exposure | None:
        """Return what a client agreed to hold of an asset."""
        return self._plan.exposures.get((client, asset))

    def deviation(self, client: str, asset: str) -> tuple[float, float]:
        """Return exposure minus target, and the limit; (0, 0) where nothing is agreed or known."""
        agreed = self.exposure(client, asset)
        if agreed is None or not self._complete(client):
            return 0.0, 0.0
        return self._net(client, asset) - agreed.target, agreed.limit

    def others(self, client: str, asset: str) -> float:
        """Return the deviation of all other clients together."""
        return sum(self.deviation(other, asset)[0] for other in self._accounts if other != client)

    def tell(self) -> None:
        """Tell telemetry exposure and equity of every client whose accounts are all known."""
        for client, accounts in self._accounts.items():
            if not self._complete(client):
                continue
            capital = accounts[0].books[0].book.capital
            assets = sorted(
                {asset for one in accounts for asset in self._held[one.venue, one.account]}
            )
            equity: float | None = 0.0
            for asset in assets:
                net, value = self._net(client, asset), self._prices.usd(asset)
                self._telemetry.exposure(client=client, asset=asset, capital=capital).set(net)
                equity = None if equity is None or value is None else equity + net * value
            if equity is not None:
                self._telemetry.equity(client=client, capital=capital, currency="USD").set(equity)

    def _net(self, client: str, asset: str) -> float:
        return sum(self.total(one, asset) for one in self._accounts[client])

    def _complete(self, client: str) -> bool:
        return all(self._held[one.venue, one.account] for one in self._accounts[client])
