"""Inventory and capital: what accounts hold, and what was lent to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.meters._meter import Meter, choose, harmless
from fortuna_otel.signals import inventory as signals
from fortuna_otel.signals import onchain, trades
from fortuna_otel.signals.enums import BalanceState, FlowDirection, FlowKind

if TYPE_CHECKING:
    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry


class Account(Meter):
    """An account of a client on a venue, as the venue confirmed it.

    | call | when |
    |---|---|
    | `balance(asset, free=, used=, ...)` | the venue told a balance |
    | `confirm()` | the venue confirmed all balances, unchanged |
    | `tracked(asset, amount, tag=)` | the engine's own ledger has a new amount |
    | `flow(asset, amount, kind=, direction=)` | something moved without a trade |
    | `margin(ratio)` | the venue told the margin |
    | `fees_uncollected(asset, amount)`, `gas(asset, amount)` | on a chain |
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        client: str,
        venue: str,
        account: str,
        source: str,
    ) -> None:
        super().__init__(registry, clock)
        self._attributes = {"client": client, "venue": venue, "account": account}
        self._source = source
        self._updated = registry.gauge(signals.UPDATED_TIMESTAMP, **self._attributes, source=source)
        self._assets: dict[str, dict[str, Gauge]] = {}
        self._tracked: dict[tuple[str, str], Gauge] = {}

    def __repr__(self) -> str:
        return "account({client}, {venue}, {account})".format(**self._attributes)

    @harmless
    def balance(
        self,
        asset: str,
        *,
        free: float,
        used: float,
        locked: float = 0.0,
        borrowed: float = 0.0,
        in_transit: float = 0.0,
    ) -> None:
        """Set the balance of an asset; the venue confirms the account with it.

        Args:
            asset: currency code.
            free: available.
            used: held by open orders.
            locked: ours, but not available: staked, frozen, collateral.
            borrowed: owed; a liability, no part of the total.
            in_transit: sent and not yet arrived.
        """
        gauges = self._assets.setdefault(asset, {})
        try:
            values = {
                BalanceState.FREE: _numbers.finite(free, "free"),
                BalanceState.USED: _numbers.not_negative(used, "used"),
                BalanceState.LOCKED: _numbers.not_negative(locked, "locked"),
                BalanceState.BORROWED: _numbers.not_negative(borrowed, "borrowed"),
                BalanceState.IN_TRANSIT: _numbers.not_negative(in_transit, "in_transit"),
            }
        except Exception:
            # Another asset may confirm the account: the old balance would look like a fresh one.
            for known in gauges.values():
                known.value = None
            raise
        for state, value in values.items():
            gauge = gauges.get(state)
            if gauge is None:
                if value == 0.0 and state in _RARE:
                    continue
                gauge = gauges[state] = self._registry.gauge(
                    signals.BALANCE,
                    **self._attributes,
                    asset=asset,
                    source=self._source,
                    state=state,
                )
            gauge.set(value)
        self._updated.set(self._now())

    @harmless
    def confirm(self) -> None:
        """Note that the venue confirmed the account's balances unchanged."""
        self._updated.set(self._now())

    @harmless
    def tracked(self, asset: str, amount: float | None, *, tag: str) -> None:
        """Set what the engine's own ledger says the balance should be.

        Say it with the balance, as of the same time: the two are compared.

        Args:
            asset: currency code.
            amount: units of the asset; None if the ledger does not know.
            tag: whose ledger: strategy or book within the account.
        """
        gauge = self._tracked.get((asset, tag))
        if gauge is None:
            gauge = self._tracked[asset, tag] = self._registry.gauge(
                signals.TRACKED, **self._attributes, asset=asset, tag=tag
            )
        gauge.value = self._known(_numbers.finite, amount, "tracked")

    @harmless
    def flow(self, asset: str, amount: float, *, kind: str, direction: str) -> None:
        """Count an amount that moved without a trade.

        Args:
            asset: currency code.
            amount: units of the asset, above 0.
            kind: deposit, withdrawal, internal, loan.
            direction: in, out.
        """
        self._registry.counter(
            signals.FLOW,
            **self._attributes,
            asset=asset,
            kind=choose(FlowKind, kind, "kind"),
            direction=choose(FlowDirection, direction, "direction"),
        ).add(_numbers.positive(amount, "flow"))

    @harmless
    def margin(self, ratio: float | None) -> None:
        """Set maintenance margin / equity: 1 is liquidation, on every venue.

        None if the account has no margin, or it is not known now.
        """
        gauge = self._registry.gauge(trades.MARGIN_RATIO, **self._attributes)
        gauge.value = self._known(_numbers.not_negative, ratio, "margin ratio")

    @harmless
    def fees_uncollected(self, asset: str, amount: float | None) -> None:
        """Set the pool fees earned and not yet collected, units of the asset.

        Of all pools of the account together; None if it is not known now.
        """
        gauge = self._registry.gauge(onchain.DEX_FEES_UNCOLLECTED, **self._attributes, asset=asset)
        gauge.value = self._known(_numbers.not_negative, amount, "uncollected fees")

    @harmless
    def gas(self, asset: str, amount: float) -> None:
        """Count gas spent on what is no book's: approvals, transfers. Units of the native asset.

        That of a book's transactions is counted by `book.pool.transaction`.
        """
        self._registry.counter(onchain.DEX_GAS_SPENT, **self._attributes, asset=asset).add(
            _numbers.not_negative(amount, "gas")
        )


_RARE = frozenset((BalanceState.BORROWED, BalanceState.IN_TRANSIT))
"""States that cost no series until they happen."""


class Loan(Meter):
    """An asset that was lent to a client's books. It is owed, and no equity.

    | call | when |
    |---|---|
    | `set(principal=, rate=, expires=, strike=)` | its terms were agreed on or changed |
    | `repaid()` | it was paid back, or the option was exercised |
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        client: str,
        asset: str,
        lender: str,
        currency: str,
    ) -> None:
        super().__init__(registry, clock)
        loan = self._attributes = {"client": client, "asset": asset, "lender": lender}
        self._principal = registry.gauge(signals.LOAN_PRINCIPAL, **loan)
        self._rate = registry.gauge(signals.LOAN_RATE, **loan)
        self._expiry = registry.gauge(signals.LOAN_EXPIRY_TIMESTAMP, **loan)
        self._strike = registry.gauge(signals.LOAN_STRIKE, **loan, currency=currency)

    def __repr__(self) -> str:
        return "loan({client}, {asset}, {lender})".format(**self._attributes)

    @harmless
    def set(
        self,
        *,
        principal: float,
        rate: float | None = None,
        expires: float | None = None,
        strike: float | None = None,
    ) -> None:
        """Set the terms of the loan; what is not given is absent.

        Args:
            principal: units of the asset lent and not yet paid back.
            rate: interest, a share of the principal a year.
            expires: Unix time at which it ends.
            strike: price at which its option lets the desk buy the asset instead of paying
                back, in the currency of the declaration.
        """
        self._principal.value = self._usable(_numbers.not_negative, principal, "principal")
        self._rate.value = self._known(_numbers.finite, rate, "rate")
        self._expiry.value = self._known(_numbers.unix_time, expires, "expires")
        self._strike.value = self._known(_numbers.positive, strike, "strike")

    @harmless
    def repaid(self) -> None:
        """End the loan: nothing is owed any more."""
        for gauge in (self._principal, self._rate, self._expiry, self._strike):
            gauge.value = None
