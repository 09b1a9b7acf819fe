"""Numbers as a trader reads them: thousands, basis points, ages; missing is never zero."""

from __future__ import annotations

import math
from decimal import Decimal

MISSING = "–"  # noqa: RUF001 - a dash, no minus
_SMALLEST_DECIMALS = 8


def amount(value: float | None, digits: int = 5) -> str:
    """Write an amount of an asset: thousands apart, at least `digits` significant digits."""
    if special := _special(value):
        return special
    assert value is not None  # noqa: S101 - what is missing has been written
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:,.{min(max(decimals, 0), _SMALLEST_DECIMALS)}f}"
    if not any(digit in text for digit in "123456789"):
        return f"{value:.1e}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: float | None, *, signed: bool = False) -> str:
    """Write a value in the reference currency; from ten million on, in millions.

    A value too small for two decimals keeps its first digits: the reference may be BTC.
    """
    if special := _special(value):
        return special
    assert value is not None  # noqa: S101
    sign = "+" if signed and value > 0 else ""
    size = abs(value)
    for unit, name in ((1e9, "bn"), (1e6, "M")):
        if size >= 10 * unit:
            return f"{sign}{value / unit:,.1f}{name}"
    if size >= 1000:
        return f"{sign}{value:,.0f}"
    if size >= 1 or size == 0:
        return f"{sign}{value:,.2f}" if size else "0"
    return f"{sign}{amount(value, 3)}"


def brief(value: float | None, *, signed: bool = False) -> str:
    """Write a value with three digits, in thousands, millions or billions."""
    if special := _special(value):
        return special
    assert value is not None  # noqa: S101
    sign = "+" if signed and value > 0 else ""
    # 999,500 would be rounded to 1000 thousands.
    for unit, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * unit:
            scaled = value / unit
            decimals = max(0, 2 - math.floor(math.log10(max(abs(scaled), 1.0))))
            return f"{sign}{scaled:,.{decimals}f}{name}"
    return f"{sign}{amount(value, 3)}"


def price(value: float | None, decimals: int | None = None) -> str:
    """Write a price as it was quoted, or with the decimals of the prices beside it."""
    if special := _special(value):
        return special
    assert value is not None  # noqa: S101
    return f"{value:,.{price_decimals(value) if decimals is None else decimals}f}"


def price_decimals(value: float) -> int:
    """Count the decimals a price was quoted with."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def percent(share: float | None, decimals: int = 0) -> str:
    """Write a share of 1 as percent."""
    return _special(share) or f"{100 * (share or 0):,.{decimals}f}%"


def bp(value: float | None) -> str:
    """Write basis points."""
    return _special(value) or f"{value:,.1f} bp"


def whole(value: float | None) -> str:
    """Write a count."""
    return _special(value) or f"{value:,.0f}"


def age(seconds: float | None) -> str:
    """Write how long ago something was; a clock that runs ahead shows as negative."""
    if special := _special(seconds):
        return special
    assert seconds is not None  # noqa: S101
    if seconds < 10:
        return f"{seconds:.1f}s"
    return span(seconds)


def span(seconds: float | None) -> str:
    """Write a length of time in one unit, fine enough to act on."""
    if special := _special(seconds):
        return special
    assert seconds is not None  # noqa: S101
    size = abs(seconds)
    for below, unit, name in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if size < below:
            return f"{seconds / unit:.0f}{name}"
    return f"{seconds / 86_400:.0f}d"


def _special(value: float | None) -> str:
    """Write what is no number; the empty string for what is one."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return ""
