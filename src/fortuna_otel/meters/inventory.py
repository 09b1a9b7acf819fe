"""Inventory and capital: what accounts hold, and what clients are exposed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.meters._meter import Meter, choose, harmless
from fortuna_otel.signals import inventory as signals
from fortuna_otel.signals.enums import BalanceState, FlowDirection, FlowKind

if TYPE_CHECKING:
    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry


class Account(Meter):
    """An account of a client on a venue, as the venue confirmed it."""

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
    def tracked(self, asset: str, amount: float, *, tag: str) -> None:
        """Set what the engine's own ledger says the balance should be, by book."""
        gauge = self._registry.gauge(signals.TRACKED, **self._attributes, asset=asset, tag=tag)
        gauge.value = self._usable(_numbers.finite, amount, "tracked")

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


_RARE = frozenset((BalanceState.BORROWED, BalanceState.IN_TRANSIT))
"""States that cost no series until they happen."""
