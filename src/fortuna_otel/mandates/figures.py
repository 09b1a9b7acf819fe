"""The figures of obligations: from what is written to terms, and checks among them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from fortuna_otel.mandates import terms, thresholds, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fortuna_otel.mandates import model_terms as model
    from fortuna_otel.mandates.inherit import Found, Inherited
    from fortuna_otel.mandates.source import Keys, Source

DAY = 86_400.0


def spread(source: Source, inherited: Inherited, presence: Found) -> terms.Spread:
    """Return the spread of an obligation; one that one side promises has none."""
    limits = {name: inherited.get("spread", name) for name in ("min", "target", "max")}
    if presence.value in terms.SIDES:
        for found in limits.values():
            # What the desk gives to everybody is not meant for a promise of one side.
            if found.value is not None and found.rank <= presence.rank:
                source.problem(
                    found.place,
                    f"needs two sides, and only `{presence.value}` is promised",
                    "remove it, or write `presence: both`",
                )
        return terms.Spread()
    written = [(name, found) for name, found in limits.items() if found.value is not None]
    for (inner, low), (outer, high) in pairwise(written):
        if low.value > high.value:
            # The nearer of the two was written last, with the other one already there.
            source.problem(
                high.place if high.rank <= low.rank else low.place,
                f"{inner} {units.format_ratio(low.value)} is wider than"
                f" {outer} {units.format_ratio(high.value)}",
                "write min ≤ target ≤ max",
            )
    return terms.Spread(
        **{name: found.value for name, found in limits.items()},
        denominator=inherited.value("mid", "spread", "denominator"),
    )


def depth(
    source: Source, place: Keys, symbol: str, found: Found, *, sides: Iterable[str], reference: str
) -> tuple[terms.DepthMinimum, ...]:
    """Return the minima of an obligation, sorted from mid outwards, bid before ask."""
    sides = tuple(sides)
    # A symbol that is written wrong is judged by nobody: its stand-in has other assets.
    known = not source.troubled((*place, "symbol"))
    places: dict[tuple[str, str], tuple[Keys, str]] = {}
    minima: list[terms.DepthMinimum] = []
    for key, written in (found.value or {}).items():
        band = units.parse_band(key)
        given = {side: amount for side in terms.SIDES if (amount := getattr(written, side))}
        if given and not given.keys() & set(sides):
            source.problem(
                (*found.place, key, *given),
                f"is of a side that is not promised, only `{sides[0]}` is",
                f"write `{sides[0]}: …`, or `presence: both`",
            )
        for side, amount in given.items():
            if side not in sides:
                continue
            at = (*found.place, key, side)
            if (band, side) in places:
                again = f"is the band of {band} % again"
                source.problem((*found.place, key), again, "write it once")
            places[band, side] = at, f"{side} {amount.asset}"
            unit = _unit(source, at, amount, symbol, reference) if known else "quote"
            asset = amount.asset if unit == "reference" else ""
            minima.append(terms.DepthMinimum(band, side, amount.value, unit, asset))
    minima.sort(key=lambda minimum: units.BANDS.index(minimum.band))
    growing(source, [(m.band, m.amount, *places[m.band, m.side]) for m in minima])
    return tuple(minima)


def growing(source: Source, minima: Iterable[tuple[str, float, Keys, str]]) -> None:
    """Record bands that ask for less than those within them.

    Args:
        source: of the file.
        minima: band, amount, place, and what it may be compared with, from mid outwards.
    """
    inner: dict[str, tuple[str, float]] = {}
    for band, amount, place, kind in minima:
        near, least = inner.get(kind, (band, amount))
        if amount < least:
            source.problem(
                place,
                f"asks for less within {band} % than within {near} %,"
                " although depth is counted from mid outwards",
                "write at least as much, or remove the band",
            )
        inner[kind] = band, amount


def _unit(
    source: Source, at: Keys, amount: units.Amount, symbol: str, reference: str
) -> terms.Unit:
    quote, base = units.quote_of(symbol), units.base_of(symbol)
    assets: dict[str, terms.Unit] = {reference: "reference", base: "base", quote: "quote"}
    if amount.asset not in assets and not source.troubled(at):
        source.problem(
            at,
            f"`{amount}` is in neither {quote} nor {base}, the assets of {symbol}, nor {reference}",
            f"write the amount in {quote} instead",
        )
    return assets.get(amount.asset, "quote")


def levels(source: Source, symbol: str, inherited: Inherited) -> terms.Levels | None:
    """Return the levels of an obligation; None where none are promised."""
    count, size, rest = (inherited.get("levels", name) for name in ("count", "size", "rest"))
    if count.value is size.value is rest.value is None:
        return None
    if size.value:
        in_asset(source, size.place, size.value, units.quote_of(symbol), f", the quote of {symbol}")
    return terms.Levels(
        count=count.value or 1,
        size=size.value.value if size.value else 0.0,
        rest=rest.value or 0.0,
    )


def uptime(inherited: Inherited, kept: Mapping[str, bool]) -> tuple[terms.UptimeMinimum, ...]:
    """Return the shares of time that are promised.

    Args:
        inherited: the levels of an obligation.
        kept: which terms are promised at all, for `each`.
    """
    together, each = inherited.get("uptime", "all"), inherited.get("uptime", "each")
    # Of one level that says both, `all` and `each` hold; else the nearer word replaces the other.
    if each.value is not None and together.rank > each.rank:
        together = together._replace(value=None)
    elif together.value is not None and each.rank > together.rank:
        each = each._replace(value=None)
    shares: dict[terms.Term, float] = {}
    for term in get_args(terms.Term):
        own = together if term == "all" else inherited.get("uptime", term)
        if own.value is not None:
            shares[term] = own.value
        elif each.value is not None and kept.get(term):
            shares[term] = each.value
    minima = tuple(terms.UptimeMinimum(term, share) for term, share in shares.items())
    return minima or (terms.UptimeMinimum("all", terms.UPTIME_MIN),)


def mid(source: Source, inherited: Inherited, *, one_sided: bool) -> str:
    """Return what spread and depth are measured from."""
    found = inherited.get("mid")
    if found.value == "own" and one_sided:
        source.problem(
            found.place,
            "is `own`, the middle of two sides, where depth of one is promised",
            "write `mid: venue`, or `presence: both`",
        )
    return found.value or "venue"


def sampling(source: Source, inherited: Inherited) -> terms.Sampling | None:
    """Return how uptime is sampled; None where it is counted as time passes."""
    found = inherited.get("uptime", "sampling")
    if found.value is None:
        return None
    within_a_day(source, (*found.place, "interval"), found.value.interval)
    return terms.Sampling(found.value.interval, found.value.source)


def widening(
    source: Source, inherited: Inherited, spread_max: float | None, *, sides: int
) -> terms.Widening | None:
    """Return the leave to widen; None without one, and where one side has no spread."""
    found = inherited.get("widening")
    written: model.Widening | None = found.value
    if written is None or sides < 2:
        return None
    if written.factor <= 1:
        source.problem(
            (*found.place, "factor"),
            f"{units.format_ratio(written.factor)} of the maximum widens nothing",
            "write more than 100 %",
        )
    elif spread_max is None:
        source.problem(
            found.place, "widens a maximum spread that is not there", "write `spread: {max: …}`"
        )
    elif spread_max * written.factor >= 1:
        source.problem(
            (*found.place, "factor"),
            f"makes a spread of {units.format_ratio(spread_max)} one of"
            f" {units.format_ratio(spread_max * written.factor)}",
            "write a factor that leaves it below 100 %",
        )
    if written.move >= 1:
        source.problem((*found.place, "move"), "is the whole price", "write less than 100 %")
    within_a_day(source, (*found.place, "window"), written.window)
    if written.cap is not None:
        within_a_day(source, (*found.place, "cap"), written.cap)
    return terms.Widening(written.factor, written.move, written.window, written.cap or DAY)


def volumes(source: Source, symbol: str, inherited: Inherited) -> tuple[terms.Volume, ...]:
    """Return the traded value that is promised and allowed, by window."""
    quote = units.quote_of(symbol)
    found = []
    for window in get_args(terms.Period):
        low, high = (inherited.get("volume", window, name) for name in ("min", "max"))
        if low.value is high.value is None:
            continue
        fits = [
            in_asset(source, each.place, each.value, quote, f", the quote of {symbol}")
            for each in (low, high)
        ]
        if all(fits) and low.value.value > high.value.value:
            place = high.place if high.rank <= low.rank else low.place
            source.problem(place, f"max {high.value} is below min {low.value}", "write min ≤ max")
        found.append(
            terms.Volume(
                window,
                low.value.value if low.value else None,
                high.value.value if high.value else None,
            )
        )
    return tuple(found)


def maintenance(inherited: Inherited) -> tuple[terms.Maintenance, ...]:
    """Return the announced windows of an obligation, in the order of time."""
    found = {
        terms.Maintenance(each.start, each.end, each.reason)
        for each, _ in inherited.all("maintenance")
    }
    return tuple(sorted(found, key=lambda window: (window.start, window.end, window.reason)))


def exclusions(inherited: Inherited) -> tuple[terms.Exclusion, ...]:
    """Return the agreed windows of an obligation, in the order of time."""
    found = {
        terms.Exclusion(each.start, each.end, each.reason, each.approver, each.evidence)
        for each, _ in inherited.all("exclusions")
    }
    return tuple(sorted(found, key=lambda window: (window.start, window.end, window.reason)))


def alerts(inherited: Inherited, scope: thresholds.Scope) -> tuple[terms.AlertFigure, ...]:
    """Return the figures of a scope that are set, in the order of the table."""
    found = []
    named = set(inherited.keys("alerts"))
    for each in thresholds.THRESHOLDS:
        if each.scope != scope or each.alert not in named:
            continue
        key = ("alerts", each.alert, each.severity)
        patience = inherited.get(*key, "patience").value
        tolerance = inherited.get(*key, "tolerance").value
        if patience is not None or tolerance is not None:
            found.append(terms.AlertFigure(each.alert, each.severity, patience, tolerance))
    return tuple(found)


def within_a_day(source: Source, place: Keys, seconds: float) -> None:
    """Record a duration that is longer than a day."""
    if seconds > DAY:
        source.problem(place, "is longer than a day", "write at most `1 d`")


def in_asset(
    source: Source, place: Keys, amount: units.Amount | Any, asset: str, why: str = ""
) -> bool:
    """Return whether an amount can be compared: set, not known to be wrong, and in an asset."""
    if amount is None or source.troubled(place):
        return False
    if amount.asset == asset:
        return True
    source.problem(
        place, f"`{amount}` is not in {asset}{why}", f"write the amount in {asset} instead"
    )
    return False
