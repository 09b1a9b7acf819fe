"""The figures of obligations and clients: from what is written to terms, and checks among them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fortuna_otel.mandates import terms, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel.mandates import model
    from fortuna_otel.mandates.source import Keys, Source

Found = tuple[Any, "Keys"]
"""A value, None where there is none, and the place it was found at."""


def spread(source: Source, found: Mapping[str, Found]) -> terms.Spread:
    """Return the spread of an obligation from its `min`, `target` and `max`."""
    limits = [(name, *found[name]) for name in ("min", "target", "max")]
    written = [limit for limit in limits if limit[1] is not None]
    for (inner, low, low_at), (outer, high, high_at) in pairwise(written):
        if low > high:
            # The nearer of the two was written last, with the other one already there.
            source.problem(
                high_at if len(high_at) >= len(low_at) else low_at,
                f"{inner} {units.format_ratio(low)} is wider than"
                f" {outer} {units.format_ratio(high)}",
                "write min ≤ target ≤ max",
            )
    return terms.Spread(**{name: found[name][0] for name in ("min", "target", "max")})


def depth(source: Source, place: Keys, symbol: str, found: Found) -> tuple[terms.DepthMinimum, ...]:
    """Return the minima of an obligation, sorted from mid outwards, bid before ask."""
    written, where = found
    # A symbol that is written wrong is judged by nobody: its stand-in has another quote.
    quote = None if source.troubled((*place, "symbol")) else units.quote_of(symbol)
    places: dict[tuple[str, str], Keys] = {}
    minima: list[terms.DepthMinimum] = []
    for key, sides in (written or {}).items():
        band = units.parse_band(key)
        for side in terms.SIDES:
            amount: units.Amount | None = getattr(sides, side)
            if amount is None:
                continue
            at = (*where, key, side)
            if quote:
                _in_asset(source, at, amount, quote, f", the quote of {symbol}")
            if (band, side) in places:
                source.problem((*where, key), f"is the band of {band} % again", "write it once")
            places[band, side] = at
            minima.append(terms.DepthMinimum(band, side, amount.value))
    minima.sort(key=lambda minimum: units.BANDS.index(minimum.band))
    for side in terms.SIDES:
        of_side = [minimum for minimum in minima if minimum.side == side]
        for inner, outer in pairwise(of_side):
            if outer.amount < inner.amount:
                source.problem(
                    places[outer.band, side],
                    f"asks for less within {outer.band} % than within {inner.band} %,"
                    " although depth is counted from mid outwards",
                    "write at least as much, or remove the band",
                )
    return tuple(minima)


def maintenance(
    source: Source, place: Keys, written: list[model.Maintenance]
) -> tuple[terms.Maintenance, ...]:
    """Return the agreed windows of an obligation."""
    for index, window in enumerate(written):
        at = (*place, "maintenance", index)
        if window.end <= window.start and not source.troubled(at):
            source.problem((*at, "to"), "is not after its `from`", "write when the window ends")
    return tuple(terms.Maintenance(each.start, each.end, each.reason) for each in written)


def exposures(source: Source, client: str, entry: model.Client) -> list[terms.Exposure]:
    """Return how much of each asset a client's books may hold."""
    found = []
    for asset, written in entry.exposure.items():
        place: Keys = ("clients", client, "exposure", asset)
        fits = {
            key: _in_asset(source, (*place, key), getattr(written, key), asset)
            for key in ("target", "tolerance", "limit")
        }
        tolerance = written.tolerance
        comparable = fits["tolerance"] and fits["limit"]
        if tolerance and comparable and tolerance.value > written.limit.value:
            source.problem(
                (*place, "tolerance"),
                f"{tolerance} is beyond the limit, {written.limit}",
                "write tolerance ≤ limit: the ticket comes before the page",
            )
        found.append(
            terms.Exposure(
                client=client,
                asset=asset,
                target=written.target.value,
                limit=written.limit.value,
                tolerance=tolerance.value if tolerance else None,
            )
        )
    return found


def losses(client: str, entry: model.Client) -> list[terms.LossLimit]:
    """Return the loss limits of a client."""
    return [
        terms.LossLimit(client, window, limit.value, limit.asset)
        for window, limit in entry.loss.items()
    ]


def floats(source: Source, place: Keys, account: model.Account) -> tuple[terms.Float, ...]:
    """Return what an account should hold of each asset."""
    found = []
    for asset, written in account.float_.items():
        fits = [
            _in_asset(source, (*place, "float", asset, key), getattr(written, key), asset)
            for key in ("min", "max")
        ]
        low, high = written.min, written.max
        if low and high and all(fits) and low.value > high.value:
            source.problem(
                (*place, "float", asset, "max"), f"max {high} is below min {low}", "write min ≤ max"
            )
        found.append(terms.Float(asset, low.value if low else None, high.value if high else None))
    return tuple(found)


def _in_asset(
    source: Source, place: Keys, amount: units.Amount | None, asset: str, why: str = ""
) -> bool:
    """Return whether an amount can be compared: set, not known to be wrong, and in an asset."""
    if amount is None or source.troubled(place):
        return False
    if amount.asset == asset:
        return True
    remedy = f"write the amount in {asset} instead"
    source.problem(place, f"`{amount}` is not in {asset}{why}", remedy)
    return False
