"""Numbers as contracts write them: `25 bp`, `0.4 %`, `50000 USDT`, `10 s`, never without a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from fortuna_otel._markets import Market

if TYPE_CHECKING:
    from collections.abc import Iterable

BANDS: Final = ("0.5", "1", "2", "3", "5", "10", "15", "20")
"""Distances from mid, in percent, at which depth is measured."""

NUMBER_PATTERN: Final = r"[0-9][0-9_]*(?:\.[0-9]+)?"
RATIO_PATTERN: Final = rf"^{NUMBER_PATTERN} ?(?:bp|%)$"
AMOUNT_PATTERN: Final = rf"^{NUMBER_PATTERN} ?[A-Za-z0-9$.-]*[A-Za-z$][A-Za-z0-9$.-]*$"
DURATION_PATTERN: Final = rf"^{NUMBER_PATTERN} ?(?:ms|s|min|h|d)$"
ASSET_PATTERN: Final = r"^[A-Za-z0-9$][A-Za-z0-9$.-]{0,31}$"
NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9]$|^[A-Za-z0-9]$"
VENUE_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
COUNT_PATTERN: Final = r"^(?:[1-9][0-9]{0,2}|1000)$"
JOB_PATTERN: Final = r"^[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)?$"

_QUANTITY = re.compile(r"^(?P<sign>[+-]?)(?P<number>[0-9][0-9_,]*(?:\.[0-9]+)?)\s*(?P<unit>.*)$")
_WALLET = re.compile(r"^(?:0x)?[0-9A-Fa-f]{40}$|^(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{32,}$")

_RATIO_UNITS = {"bp": Decimal(10_000), "%": Decimal(100)}
_RATIO_SLIPS = {"bps": "bp", "basis points": "bp", "percent": "%", "pct": "%"}
_SECONDS = {
    "d": Decimal(86_400),
    "h": Decimal(3_600),
    "min": Decimal(60),
    "s": Decimal(1),
    "ms": Decimal("0.001"),
}
_DURATION_SLIPS = {
    "m": "min",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
}
_MULTIPLES = {"k": Decimal(1_000), "m": Decimal(1_000_000), "mm": Decimal(1_000_000)}


class WrongValueError(ValueError):
    """A value that cannot stand.

    Attributes:
        what: what is wrong with it, quoting it.
        instead: what to write; empty where only the author can know.
    """

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Amount:
    """So many units of an asset."""

    value: float
    asset: str

    def __str__(self) -> str:
        """Return the amount as the file writes it, `50000 USDT`."""
        return f"{format_number(Decimal(repr(self.value)))} {self.asset}"


def parse_ratio(text: str) -> float:
    """Return the ratio that `25 bp` or `0.4 %` means.

    Raises:
        WrongValueError: no unit, an unknown one, or no number.
    """
    number, unit = _split(text, "a share", "`25 bp` or `0.4 %`")
    if unit in _RATIO_UNITS:
        return float(number / _RATIO_UNITS[unit])
    if not unit and number < 1:
        ways = f"`{_in(number, '%')}` or `{_in(number, 'bp')}`"
        raise WrongValueError(f"`{text}` has no unit", ways)
    if not unit:
        plain = format_number(number)
        raise WrongValueError(f"`{text}` has no unit", f"`{plain} bp` or `{plain} %`")
    if unit.lower() in _RATIO_SLIPS:
        right = f"{format_number(number)} {_RATIO_SLIPS[unit.lower()]}"
        raise WrongValueError(f"`{text}` has an unknown unit", f"`{right}`")
    raise WrongValueError(f"`{text}` is not a share", "`25 bp` or `0.4 %`")


def parse_share(text: str) -> float:
    """Return a ratio above 0 and at most 1.

    Raises:
        WrongValueError: as for `parse_ratio`, or out of that range.
    """
    ratio = parse_ratio(text)
    if not 0 < ratio <= 1:
        raise WrongValueError(f"`{text}` is not above 0 and at most 100 %", "such a share")
    return ratio


def parse_multiple(text: str) -> float:
    """Return a ratio above 0 that may be more than the whole: 1.5 for `150 %`.

    Raises:
        WrongValueError: as for `parse_ratio`, nothing, or over a hundredfold.
    """
    ratio = parse_ratio(text)
    if not 0 < ratio <= 100:
        raise WrongValueError(f"`{text}` is not above 0 and at most 10000 %", "such a share")
    return ratio


def parse_rate(text: str) -> float:
    """Return a ratio from 0 to 1: interest may be nothing.

    Raises:
        WrongValueError: as for `parse_ratio`, or above 100 %.
    """
    ratio = parse_ratio(text)
    if ratio > 1:
        raise WrongValueError(f"`{text}` is above 100 %", "such a rate a year")
    return ratio


def parse_count(text: str) -> int:
    """Return a whole number from 1 to 1000.

    Raises:
        WrongValueError: anything else.
    """
    if not re.match(COUNT_PATTERN, text):
        raise WrongValueError(f"`{text[:80]}` is not a whole number from 1 to 1000", "`3`")
    return int(text)


def format_ratio(ratio: float) -> str:
    """Return a ratio as the file writes it: basis points below 1 %, percent above."""
    number = Decimal(repr(ratio))
    return _in(number, "bp" if number < Decimal("0.01") else "%")


def parse_duration(text: str) -> float:
    """Return the seconds that `500 ms`, `10 s`, `2 min`, `1 h` or `1 d` means.

    Raises:
        WrongValueError: no unit, an unknown or ambiguous one, not above zero, or over 400 days.
    """
    number, unit = _split(text, "a duration", "`10 s` or `2 min`")
    if not unit:
        raise WrongValueError(f"`{text}` has no unit", f"`{format_number(number)} s`")
    if unit not in _SECONDS:
        right = _DURATION_SLIPS.get(unit.lower())
        instead = f"`{format_number(number)} {right}`" if right else "`10 s` or `2 min`"
        raise WrongValueError(f"`{text}` has an unknown unit `{unit}`", instead)
    seconds = number * _SECONDS[unit]
    if not 0 < seconds <= 400 * _SECONDS["d"]:
        raise WrongValueError(f"`{text}` is not between 0 and 400 d", "such a duration")
    return float(seconds)


def format_duration(seconds: float) -> str:
    """Return seconds in the largest unit that divides them, `2 min` for 120."""
    number = Decimal(repr(seconds))
    for unit, size in _SECONDS.items():
        if number % size == 0:
            return f"{format_number(number / size)} {unit}"
    return f"{format_number(number)} s"


def parse_amount(text: str) -> Amount:
    """Return the amount and asset that `50000 USDT` means.

    Raises:
        WrongValueError: no asset, a multiple such as `50k`, thousands separated by commas.
    """
    turned = re.match(r"^(?P<asset>[A-Za-z$][A-Za-z0-9$]*)\s+(?P<number>[0-9][0-9_.]*)$", text)
    if turned:
        right = f"`{turned['number']} {turned['asset']}`"
        raise WrongValueError(f"`{text}` puts the asset first", right)
    number, unit = _split(text, "an amount", "`50000 USDT`")
    multiple, _, rest = unit.partition(" ")
    if rest and multiple.lower() in _MULTIPLES:
        right = f"`{format_number(number * _MULTIPLES[multiple.lower()])} {rest.strip()}`"
        raise WrongValueError(f"`{text}` is abbreviated", right)
    if not unit:
        raise WrongValueError(
            f"`{text}` does not say of what", f"the asset behind it, as in `{text} USDT`"
        )
    if not re.match(ASSET_PATTERN, unit):
        raise WrongValueError(f"`{text}` is not an amount of one asset", "`50000 USDT`")
    return Amount(float(number), unit)


def parse_positive(text: str) -> Amount:
    """Return an amount above zero.

    Raises:
        WrongValueError: as for `parse_amount`, or zero.
    """
    amount = parse_amount(text)
    if amount.value <= 0:
        raise WrongValueError(f"`{text}` is nothing", "more than zero")
    return amount


def parse_band(text: str) -> str:
    """Return the band, in percent from mid, that `2 %` or `50 bp` means.

    Raises:
        WrongValueError: not a share, or not a band that is measured.
    """
    percent = Decimal(repr(parse_ratio(text))) * 100
    for band in BANDS:
        if percent == Decimal(band):
            return band
    nearest = min(BANDS, key=lambda band: abs(Decimal(band) - percent))
    raise WrongValueError(
        f"`{text}` is not a band that is measured ({', '.join(BANDS)} %)", f"`{nearest} %`"
    )


def parse_symbol(text: str) -> str:
    """Return a ccxt unified symbol after checking its form.

    Raises:
        WrongValueError: not `BASE/QUOTE`, `BASE/QUOTE:SETTLE` or `TOKEN/TOKEN@fee%`, or all in
            lower case, as no venue's unified symbols are.
    """
    if _is_symbol(text) and text != text.lower():
        return text
    guess = text.upper().replace("-", "/").replace("_", "/")
    for quote in ("USDT", "USDC", "BTC", "ETH", "USD", "EUR"):
        if "/" not in guess and guess.endswith(quote) and guess != quote:
            guess = f"{guess.removesuffix(quote)}/{quote}"
    instead = guess if _is_symbol(guess) else "BTC/USDT"
    raise WrongValueError(f"`{text}` is not a ccxt unified symbol", f"`{instead}`")


def base_of(symbol: str) -> str:
    """Return the asset that is bought and sold."""
    return Market.parse(venue="any", symbol=symbol).base


def quote_of(symbol: str) -> str:
    """Return the asset that a symbol is priced in."""
    return Market.parse(venue="any", symbol=symbol).quote


def parse_name(text: str) -> str:
    """Return an id or label (client, account, tag, mandate) after checking its characters.

    Raises:
        WrongValueError: characters other than letters, digits, `.`, `_`, `-`; more than 64 of
            them; or what looks like a key or an on-chain address, which belongs in no label.
    """
    if _WALLET.match(text):
        shown = f"{text[:6]}…"
        raise WrongValueError(
            f"`{shown}` looks like a key or an address, which would show on every board",
            "a label such as `mm-1`",
        )
    if not re.match(NAME_PATTERN, text):
        guess = re.sub(r"[^A-Za-z0-9._-]+", "-", text.strip()).strip("-._")[:64] or "mm-1"
        raise WrongValueError(
            f"`{text[:80]}` is not a label of up to 64 letters, digits, `-`, `_` and `.`",
            f"`{guess}`",
        )
    return text


def parse_venue(text: str) -> str:
    """Return a venue id (ccxt's where it has one).

    Raises:
        WrongValueError: not lower case letters, digits and hyphens.
    """
    if not re.match(VENUE_PATTERN, text):
        guess = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-") or "binance"
        raise WrongValueError(f"`{text}` is not a venue's id in lower case", f"`{guess}`")
    return text


def parse_asset(text: str) -> str:
    """Return an asset's code.

    Raises:
        WrongValueError: not a code such as `BTC`.
    """
    if not re.match(ASSET_PATTERN, text):
        raise WrongValueError(f"`{text}` is not an asset's code", "`BTC`")
    return text


def parse_job(text: str) -> str:
    """Return a service as Prometheus names it in `job`: `namespace/name`, or `name` alone.

    Raises:
        WrongValueError: anything else.
    """
    if not re.match(JOB_PATTERN, text):
        raise WrongValueError(
            f"`{text}` is not a service as `job` names it (service.namespace/service.name)",
            "`desk/mm-majors`",
        )
    return text


def format_number(number: Decimal) -> str:
    """Return a number in plain digits, without exponent or trailing zeros."""
    return format(number.normalize() + 0, "f")


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if any is near."""
    candidates = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(word.lower(), candidates, n=1, cutoff=0.6)
    return candidates[matches[0]] if matches else None


def _is_symbol(text: str) -> bool:
    try:
        Market.parse(venue="any", symbol=text)
    except ValueError:
        return False
    return True


def _split(text: str, kind: str, example: str) -> tuple[Decimal, str]:
    match = _QUANTITY.match(text.strip())
    if not match:
        raise WrongValueError(f"`{text}` is not {kind}", example)
    digits = match["number"]
    if "," in digits:
        plain = f"{digits.replace(',', '')} {match['unit']}".strip()
        raise WrongValueError(f"`{text}` has commas in its number", f"`{plain}`")
    if match["sign"] == "-":
        raise WrongValueError(f"`{text}` is negative", f"{kind} of zero or more, as {example}")
    return Decimal(digits.replace("_", "")), match["unit"].strip()


def _in(ratio: Decimal, unit: str) -> str:
    return f"{format_number(ratio * _RATIO_UNITS[unit])} {unit}"
