"""Names of OpenTelemetry metrics in Prometheus and Mimir.

Both stores are configured with `translation_strategy: UnderscoreEscapingWithSuffixes`; its rules
(https://github.com/prometheus/otlptranslator, v1.0.0) are repeated here so that names can be
generated and checked without a store.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEPARATORS: Final = re.compile(r"[^a-zA-Z0-9:]+")

# Units that Prometheus spells out. An unknown unit is appended as it is.
_UNITS: Final[Mapping[str, str]] = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "1": "",
    "%": "percent",
}
_PER_UNITS: Final[Mapping[str, str]] = {
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}


def metric_name(name: str, unit: str, kind: str) -> str:
    """Translate a metric's name as Prometheus does on receipt of OTLP.

    Args:
        name: OpenTelemetry instrument name.
        unit: UCUM unit; parts in braces are dropped.
        kind: `gauge`, `counter` (monotonic) or `histogram`.

    Returns:
        The name of the family; a histogram's series add `_bucket`, `_sum` and `_count`.
    """
    words = [word for word in _SEPARATORS.split(name) if word]
    main, _, per = unit.partition("/")
    main = _suffix(main, _UNITS)
    per = _suffix(per, _PER_UNITS)
    if per:
        main = main.removesuffix("_")
        per = f"per_{per}".removesuffix("_")
    # A suffix that is already a word of the name, wherever it stands, is not added again.
    words += [suffix for suffix in (main, per) if suffix and suffix not in words]
    if kind == "counter":
        words = [*(word for word in words if word != "total"), "total"]
    if unit == "1" and kind == "gauge":
        words = [*(word for word in words if word != "ratio"), "ratio"]
    translated = "_".join(words)
    return f"_{translated}" if translated[:1].isdigit() else translated


def _suffix(unit: str, spelled: Mapping[str, str]) -> str:
    unit = unit.strip()
    if "{" in unit or "}" in unit:
        return ""
    return _SEPARATORS.sub("_", spelled.get(unit, unit)).removeprefix("_")
