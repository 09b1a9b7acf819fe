"""What is known of a signal: the type of every constant in `fortuna_otel.signals`.

The constants are generated from `semconv/`; this module and `prometheus` are written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from enum import StrEnum

Kind: TypeAlias = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Why a signal is on its way out.

    Attributes:
        renamed_to: OpenTelemetry name of the signal to read and write instead, if there is one.
        note: What a user of the old signal must know.
        replacement: Constant of that signal within this package, such as `quotes.SPREAD`.
    """

    renamed_to: str | None
    note: str
    replacement: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Signal:
    """One metric, as `semconv/` defines it.

    Attributes:
        name: OpenTelemetry instrument name, such as `fortuna.quote.ladder.price`.
        prometheus: Name in the store; a histogram's series add `_bucket`, `_sum` and `_count`.
        kind: Type of the instrument. Counters are monotonic, cumulative and may be fractional.
        unit: UCUM unit. `{…}` names what is counted or priced; `1` is a ratio.
        attributes: Names of all attributes in their order; none is optional.
        brief: Definition of the number: its meaning, and when it is absent.
        per: What the signal is about, the key of `fortuna_otel.signals.attributes.IDENTITIES`.
        closed: Attributes with a closed set of values, each with its enum.
        limit: Most sets of attribute values that one identity may have in one process.
        series: Series of one identity in steady state, as the budget counts them.
        critical: Whether it travels in the Collector's critical pipeline: paging rules read it.
        slow: Whether an export every 5 s is enough.
        buckets: Upper bounds of a histogram's buckets in its unit, without infinity.
        deprecated: Set while the signal is on its way out.
    """

    name: str
    prometheus: str
    kind: Kind
    unit: str
    attributes: tuple[str, ...]
    brief: str
    per: str
    closed: tuple[tuple[str, type[StrEnum]], ...] = ()
    limit: int = 1
    series: int = 1
    critical: bool = False
    slow: bool = False
    buckets: tuple[float, ...] = ()
    deprecated: Deprecation | None = None

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def values(self, attribute: str) -> frozenset[str] | None:
        """Return the values that `attribute` may take here, or None where its set is open.

        Raises:
            KeyError: The signal has no such attribute.
        """
        if attribute not in self.attributes:
            raise KeyError(f"{self.name} has no attribute {attribute!r}, only {self.attributes}")
        for name, enum in self.closed:
            if name == attribute:
                return frozenset(enum)
        return None

    def series_names(self) -> tuple[str, ...]:
        """Return the names of every series in the store that this signal causes."""
        if self.kind != "histogram":
            return (self.prometheus,)
        return tuple(self.prometheus + suffix for suffix in ("_bucket", "_sum", "_count"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One series that a rule records from signals, as `alerting/rules` defines it.

    Attributes:
        prometheus: Name in the store.
        attributes: Names of the labels that it may carry; one without a value is absent.
        interval: Seconds between two samples.
    """

    prometheus: str
    attributes: tuple[str, ...]
    interval: float

    @property
    def name(self) -> str:
        """Name in messages, as a signal has one."""
        return self.prometheus
