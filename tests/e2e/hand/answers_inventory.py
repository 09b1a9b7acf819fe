"""What is held, and where: exposures, balances, loans, equity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.e2e.hand import facts, seen, wealth
from tests.e2e.hand.answering import About, answers, keyed, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.hand.answering import Asked, Key, Number, Rows
    from tests.e2e.hand.model import Exposure, Holding, Lent, Rate

EXPOSURE = "Exposure by asset, all venues"
BALANCES = "Balances by account"
LOANS = "Loans"
HELD = ("free", "used", "locked")
RECORDED = 30
"""Seconds after which what is recorded each 15 s surely is."""


def _exposures(asked: Asked, of: Callable[[Exposure], Number | None]) -> Rows:
    return keyed(
        {
            row(client=one.client, asset=one.asset, capital=one.capital): of(one)
            for one in wealth.EXPOSURES
            if one.client in asked.selection.chosen["client"]
            and one.asset in asked.selection.all_assets
        }
    )


def _aimed(one: Exposure) -> float | None:
    return one.target if one.limit is None else (one.target or 0.0)


def _off(one: Exposure) -> float | None:
    aimed = _aimed(one)
    return None if aimed is None else one.net - aimed


def _of(one: Exposure, allowed: float | None) -> float | None:
    off = _off(one)
    return None if off is None or not allowed else abs(off) / allowed


answers(EXPOSURE, "A")(lambda asked: _exposures(asked, lambda one: float(one.net)))
answers(EXPOSURE, "B")(lambda asked: _exposures(asked, _aimed))
answers(EXPOSURE, "C")(lambda asked: _exposures(asked, _off))
answers(EXPOSURE, "D")(lambda asked: _exposures(asked, lambda one: _of(one, one.tolerance)))
answers(EXPOSURE, "E")(lambda asked: _exposures(asked, lambda one: _of(one, one.limit)))
answers(EXPOSURE, "F")(
    lambda asked: _exposures(asked, lambda one: asked.worth([(one.asset, one.net)]))
)


def _holdings(asked: Asked) -> list[Holding]:
    """Return what the selected accounts hold of the selected assets."""
    keys = dict.fromkeys(one.key for one in wealth.HOLDINGS)
    found = [
        seen.held(key, asked.t)
        for key in keys
        if asked.selection.has_account(key) and key[3] in asked.selection.all_assets
    ]
    return [one for one in found if one is not None]


def _by_asset(asked: Asked, *states: str) -> dict[str, float]:
    """Add up the balances in some states by asset; one that is in none of them is left out."""
    sums: dict[str, float] = {}
    for one in _holdings(asked):
        amounts = [one.amounts[state] for state in states if state in one.amounts]
        if amounts:
            sums[one.asset] = sums.get(one.asset, 0.0) + sum(amounts)
    return sums


@answers("Value held, $reference", "A")
def _(asked: Asked) -> Rows | None:
    if not seen.steady(asked.t):
        return None
    held = _by_asset(asked, *HELD)
    return keyed({row(asset=asset): asked.worth([(asset, held[asset])]) for asset in held})


@answers("Used in orders, share of the holding", "A")
def _(asked: Asked) -> Rows | None:
    if not seen.steady(asked.t):
        return None
    used, held = _by_asset(asked, "used"), _by_asset(asked, *HELD)
    return {row(asset=asset): used[asset] / held[asset] for asset in used if held[asset] > 0}


def _split(state: str) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        return keyed({row(): asked.worth(_by_asset(asked, state).items())})

    return answer


for _ref, _state in zip("ABC", HELD, strict=True):
    answers("Free and used, $reference", _ref)(_split(_state))


def _account(one: Holding) -> dict[str, str]:
    return dict(zip(("client", "venue", "account", "asset"), one.key, strict=True))


def _balances(asked: Asked, of: Callable[[Holding], Number | None]) -> Rows:
    return keyed({row(**_account(one)): of(one) for one in _holdings(asked)})


def _net(one: Holding) -> float:
    return seen.total(one) - one.amounts.get("borrowed", 0)


def _share(one: Holding) -> float | None:
    least = wealth.FLOATS.get(one.key)
    return None if least is None else seen.total(one) / least


def _confirmed(asked: Asked, one: Holding) -> About:
    """Age of the account's newest confirmation, by a watcher if one tells this balance."""
    ages = [
        asked.t - last + other.confirmed
        for other in wealth.HOLDINGS
        if other.key[:3] == one.key[:3]
        and other.source == one.source
        and (last := seen.last_tick(other.job, asked.t)) is not None
    ]
    return About(min(ages))


def _told(asked: Asked, one: Holding) -> list[Holding]:
    """Return what every service says of a balance, the engine's word first."""
    told = [
        other
        for other in wealth.HOLDINGS
        if other.key == one.key and seen.alive(other.job, asked.t)
    ]
    return sorted(told, key=lambda other: other.source)


def _off_ledger(asked: Asked, one: Holding) -> About | None:
    """What the engine, else a watcher, counts there less what the ledgers of all tags say."""
    told = _told(asked, one)
    booked = [amount for other in told for amount in other.ledger.values()]
    return About(seen.total(told[0]) - sum(booked), 1e-9) if booked else None


def _fees(asked: Asked, one: Holding) -> float | None:
    return next((other.fees for other in _told(asked, one) if other.fees is not None), None)


def _in_state(asked: Asked, state: str) -> Rows:
    return _balances(asked, lambda one: one.amounts.get(state))


for _ref, _state in zip("ABCDE", (*HELD, "in_transit", "borrowed"), strict=True):
    answers(BALANCES, _ref)(partial(_in_state, state=_state))
answers(BALANCES, "F")(lambda asked: _balances(asked, seen.total))
answers(BALANCES, "G")(lambda asked: _balances(asked, _net))
answers(BALANCES, "H")(lambda asked: _balances(asked, lambda one: _off_ledger(asked, one)))
answers(BALANCES, "I")(lambda asked: _balances(asked, lambda one: _fees(asked, one)))
answers(BALANCES, "K")(lambda asked: _balances(asked, _share))
answers(BALANCES, "L")(
    lambda asked: _balances(asked, lambda one: asked.worth([(one.asset, _net(one))]))
)
answers(BALANCES, "M")(lambda asked: _balances(asked, lambda one: _confirmed(asked, one)))


@answers(BALANCES, "J")
def _(asked: Asked) -> Rows:
    # A term, whether the account reports or not.
    return {
        row(client=client, venue=venue, account=account, asset=asset): float(least)
        for (client, venue, account, asset), least in wealth.FLOATS.items()
        if asked.selection.has_account((client, venue, account))
        and asset in asked.selection.all_assets
    }


def _loans(asked: Asked, of: Callable[[Lent], Number | None]) -> Rows:
    return keyed(
        {
            row(client=one.client, asset=one.asset, lender=one.lender): of(one)
            for one in wealth.LOANS
            if one.client in asked.selection.chosen["client"]
            and one.asset in asked.selection.all_assets
        }
    )


answers(LOANS, "A")(lambda asked: _loans(asked, lambda one: float(one.principal)))
answers(LOANS, "B")(lambda asked: _loans(asked, lambda one: one.rate))
answers(LOANS, "C")(lambda asked: _loans(asked, lambda one: one.strike))
answers(LOANS, "D")(
    lambda asked: _loans(asked, lambda one: asked.worth([(one.asset, one.principal)]))
)
answers(LOANS, "E")(lambda asked: _loans(asked, lambda one: About(one.expiry - asked.t)))


@answers("Equity", "A")
def _(asked: Asked) -> Rows:
    return {
        row(client=client, capital=capital, currency=currency): float(equity)
        for (client, capital, currency), equity in wealth.EQUITY.items()
        if client in asked.selection.chosen["client"]
    }


@answers("PnL unexplained", "A")
def _(asked: Asked) -> Rows | None:
    """Of the ledgers of all accounts of a client; recorded each 15 s."""
    if asked.t < facts.BEGIN + RECORDED:
        return None
    rows: dict[Key, float] = {}
    for (client, _, capital, currency), amount in wealth.UNEXPLAINED.items():
        if client in asked.selection.chosen["client"]:
            key = row(client=client, capital=capital, currency=currency)
            rows[key] = rows.get(key, 0.0) + amount
    return dict(rows)


def _rates(asked: Asked, of: Callable[[Rate], Number]) -> Rows:
    """Return a row for each provider that tells a rate of a selected asset now."""
    return {
        row(asset=one.asset, currency=one.currency, provider=one.provider): of(one)
        for one in wealth.RATES
        if one.currency == asked.selection.reference and one.asset in asked.selection.all_assets
    }


answers("Rates", "A")(lambda asked: _rates(asked, lambda one: float(one.at(asked.t))))
answers("Rates", "B")(lambda asked: _rates(asked, lambda _: About(0.0)))
