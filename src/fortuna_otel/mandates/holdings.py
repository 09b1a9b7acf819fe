"""What a client may hold, lose and borrow: from what is written to terms, and checks among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

from fortuna_otel.mandates import desk, terms, units
from fortuna_otel.mandates.figures import growing, in_asset
from fortuna_otel.mandates.times import end_of, start_of

if TYPE_CHECKING:
    from fortuna_otel.mandates import model
    from fortuna_otel.mandates import model_terms as shared
    from fortuna_otel.mandates.inherit import Inherited
    from fortuna_otel.mandates.source import Keys, Source


class Holdings(NamedTuple):
    """What holds over all markets of a client, at an instant."""

    exposures: tuple[desk.Exposure, ...] = ()
    hedges: tuple[desk.HedgeLimit, ...] = ()
    losses: tuple[desk.LossLimit, ...] = ()
    unexplained: tuple[desk.UnexplainedLimit, ...] = ()
    aggregates: tuple[desk.AggregateDepth, ...] = ()


def holdings(source: Source, client: str, inherited: Inherited, reference: str) -> Holdings:
    """Return what a client's books may hold and lose.

    Args:
        source: of the file, for what is wrong.
        client: whose.
        inherited: the client with its amendments.
        reference: currency of losses and aggregates.
    """
    return Holdings(
        exposures=_exposures(source, client, inherited),
        hedges=_hedges(source, client, inherited),
        losses=_losses(source, client, inherited, reference),
        unexplained=_unexplained(source, client, inherited, reference),
        aggregates=_aggregates(source, client, inherited, reference),
    )


def _exposures(source: Source, client: str, inherited: Inherited) -> tuple[desk.Exposure, ...]:
    found = []
    for asset in inherited.keys("exposure"):
        written, place, _ = inherited.get("exposure", asset)
        fits = {
            key: in_asset(source, (*place, key), getattr(written, key), asset)
            for key in ("target", "tolerance", "limit")
        }
        tolerance: units.Amount | None = written.tolerance
        comparable = fits["tolerance"] and fits["limit"]
        if tolerance and comparable and tolerance.value > written.limit.value:
            source.problem(
                (*place, "tolerance"),
                f"{tolerance} is beyond the limit, {written.limit}",
                "write tolerance ≤ limit: the ticket comes before the page",
            )
        found.append(
            desk.Exposure(
                client=client,
                asset=asset,
                target=written.target.value,
                limit=written.limit.value,
                tolerance=tolerance.value if tolerance else None,
            )
        )
    return tuple(found)


def _hedges(source: Source, client: str, inherited: Inherited) -> tuple[desk.HedgeLimit, ...]:
    found = []
    for asset in inherited.keys("hedge"):
        amount, place, _ = inherited.get("hedge", asset)
        in_asset(source, place, amount, asset)
        found.append(desk.HedgeLimit(client, asset, amount.value))
    return tuple(found)


def _losses(
    source: Source, client: str, inherited: Inherited, reference: str
) -> tuple[desk.LossLimit, ...]:
    found = []
    for window in get_args(terms.Period):
        limit, place, _ = inherited.get("loss", window)
        if limit is not None:
            _in_reference(source, place, limit, reference)
            found.append(desk.LossLimit(client, window, limit.value, limit.asset))
    return tuple(found)


def _unexplained(
    source: Source, client: str, inherited: Inherited, reference: str
) -> tuple[desk.UnexplainedLimit, ...]:
    limit, place, _ = inherited.get("unexplained")
    if limit is None:
        return ()
    _in_reference(source, place, limit, reference)
    return (desk.UnexplainedLimit(client, limit.value, limit.asset),)


def _aggregates(
    source: Source, client: str, inherited: Inherited, reference: str
) -> tuple[desk.AggregateDepth, ...]:
    found: list[desk.AggregateDepth] = []
    for asset in inherited.keys("aggregate"):
        written, place, _ = inherited.get("aggregate", asset)
        places: dict[tuple[str, str], Keys] = {}
        minima: list[desk.AggregateDepth] = []
        for key, sides in written.depth.items():
            band = units.parse_band(key)
            for side in terms.SIDES:
                amount: units.Amount | None = getattr(sides, side)
                if amount is None:
                    continue
                at = (*place, "depth", key, side)
                if (band, side) in places:
                    again = f"is the band of {band} % again"
                    source.problem((*place, "depth", key), again, "write it once")
                places[band, side] = at
                _in_reference(source, at, amount, reference)
                minima.append(
                    desk.AggregateDepth(client, asset, band, side, amount.value, reference)
                )
        minima.sort(key=lambda minimum: units.BANDS.index(minimum.band))
        growing(source, [(m.band, m.amount, places[m.band, m.side], m.side) for m in minima])
        found += minima
    return tuple(found)


def loans(
    source: Source, client: str, written: list[model.Loan], *, zone: str, reference: str
) -> tuple[desk.Loan, ...]:
    """Return what was lent for a client's books, also what is not lent yet."""
    found: dict[tuple[str, str], desk.Loan] = {}
    for index, each in enumerate(written):
        place: Keys = ("clients", client, "loans", index)
        asset = each.principal.asset
        start = start_of(each.start, zone) if each.start else None
        expiry = end_of(each.expiry, zone)
        if start and expiry <= start and not source.troubled(place):
            source.problem((*place, "expiry"), "is not after its `from`", "write when it ends")
        if each.strike:
            _in_reference(source, (*place, "strike"), each.strike, reference)
        if (each.lender, asset) in found and not source.troubled(place):
            source.problem(
                place,
                f"is a second loan of {asset} by {each.lender}, which would be one series with it",
                "write their sum, or give each lender a label of its own, such as"
                f" `{each.lender}-{index + 1}`",
            )
        found[each.lender, asset] = desk.Loan(
            client=client,
            asset=asset,
            lender=each.lender,
            principal=each.principal.value,
            rate=each.rate,
            expiry=expiry,
            start=start,
            strike=each.strike.value if each.strike else None,
            currency=each.strike.asset if each.strike else "",
        )
    return tuple(found.values())


def floats(source: Source, place: Keys, account: model.Account) -> tuple[desk.Float, ...]:
    """Return what an account should hold of each asset."""
    found = []
    for asset, written in account.float_.items():
        fits = [
            in_asset(source, (*place, "float", asset, key), getattr(written, key), asset)
            for key in ("min", "max")
        ]
        low, high = written.min, written.max
        if low and high and all(fits) and low.value > high.value:
            source.problem(
                (*place, "float", asset, "max"), f"max {high} is below min {low}", "write min ≤ max"
            )
        found.append(desk.Float(asset, low.value if low else None, high.value if high else None))
    return tuple(found)


def mismatches(
    source: Source, place: Keys, account: model.Account
) -> tuple[tuple[str, float], ...]:
    """Return by how much ledger and venue may differ, asset by asset."""
    for asset, amount in account.mismatch.items():
        in_asset(source, (*place, "mismatch", asset), amount, asset)
    return tuple((asset, amount.value) for asset, amount in account.mismatch.items())


def limits(own: shared.Limits | None, inherited: Inherited) -> desk.Limits:
    """Return how an account may be treated: its own word, else what is inherited."""
    found = {}
    for name in ("reject", "ack", "ratelimit", "margin", "gas"):
        value = getattr(own, name, None)
        found[name] = inherited.get("limits", name).value if value is None else value
    return desk.Limits(**found)


def contacts(source: Source, place: Keys, written: list[model.Contact]) -> tuple[desk.Contact, ...]:
    """Return somebody to talk to; each can be reached."""
    found = []
    for index, each in enumerate(written):
        if not any((each.email, each.phone, each.chat)) and not source.troubled((*place, index)):
            source.problem((*place, index), "cannot be reached", "write `email`, `phone` or `chat`")
        found.append(
            desk.Contact(
                each.role, each.name or "", each.email or "", each.phone or "", each.chat or ""
            )
        )
    return tuple(found)


def _in_reference(source: Source, place: Keys, amount: units.Amount, reference: str) -> None:
    """Record an amount in another currency than what rates, and so alerts, are told in."""
    if amount.asset != reference and not source.troubled(place):
        source.problem(
            place,
            f"`{amount}` is not in {reference}, the reference currency",
            f"write the amount in {reference}, or `reference: {amount.asset}` under `defaults`",
        )
