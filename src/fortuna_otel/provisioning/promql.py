"""The PromQL idioms every panel and rule shares.

Metrics come from the registry and recorded series from the rules, so that a renamed signal, rule
or label breaks generation, not a panel. Stores run with a 10 s lookback: a live gauge is a plain
selector, and a series nobody sends any more is gone within 10 s. Counters are summed after
`increase`, gauges are collapsed over the processes that report them before anything is summed,
facts of one process are never collapsed. What an engine and an independent watcher both tell of a
book is read from one of them (`shown`).
Nothing here turns missing into zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fortuna_otel import recorded, signals
from fortuna_otel.signals.enums import Source
from fortuna_otel.signals.spec import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel.signals import Signal

Keys: TypeAlias = tuple[str, ...]
Series: TypeAlias = "Signal | Recorded"

MARKET: Keys = ("venue", "symbol")
BOOK: Keys = ("client", "venue", "symbol", "account", "tag")
OBLIGATION: Keys = ("mandate", "client", "venue", "symbol")
CLIENT_MARKET: Keys = ("client", "venue", "symbol")
BALANCE: Keys = ("client", "venue", "account", "asset")
ACCOUNT: Keys = ("client", "venue", "account")
PROCESS: Keys = ("job", "instance")
VIEW: Keys = (*PROCESS, *BOOK, "source")

RESOURCE_LABELS = frozenset({"job", "instance", "host_name", "deployment_environment_name"})
# A mandate outlives the process that exports it; a removed one leaves the board after this long.
MANDATE_WINDOW = "5m"
# A timestamp of a dead process must stay to be judged.
SILENCE_WINDOW = "1h"
# Enough samples for an increase at an export every 5 s, short enough to be called now.
RECENT = "15s"
# For a value now. Over time use STEP with `$interval` as the panel's smallest step: windows then
# meet without gap or overlap on any time range, so that bars add up and no candle misses a trade.
INTERVAL = "$interval"
STEP = "$__interval"
LADDER_LEVELS = 10
# A series that is recorded less often than this falls through the stores' lookback of 10 s.
LOOKBACK = 10.0


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher of a selector."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        """Render as PromQL."""
        return f'{self.label}{self.operator}"{self.value}"'


Scope: TypeAlias = tuple[Matcher, ...]


def matching(**labels: str) -> Scope:
    """Return matchers of labels that must be just so."""
    return tuple(Matcher(label, "=", value) for label, value in labels.items())


def _follow(**variables: str) -> Scope:
    return tuple(Matcher(label, "=~", f"${name}") for label, name in variables.items())


def _exactly(**variables: str) -> Scope:
    return matching(**{label: f"${name}" for label, name in variables.items()})


BOOKS = _follow(client="client", venue="exchange", symbol="symbol", account="account", tag="tag")
OBLIGATIONS = _follow(client="client", venue="exchange", symbol="symbol")
MARKETS = _follow(venue="exchange", symbol="symbol")
BALANCES = _follow(client="client", venue="exchange", account="account", asset="asset")
ACCOUNTS = _follow(client="client", venue="exchange", account="account")
CLIENT_ASSETS = _follow(client="client", asset="asset")
CLIENTS = _follow(client="client")
VENUES = _follow(venue="exchange")
ASSETS = _follow(asset="asset")
REFERENCE = _exactly(currency="reference")
ONE_BOOK = _exactly(
    client="one_client",
    venue="one_exchange",
    symbol="one_symbol",
    account="one_account",
    tag="one_tag",
)
ONE_OBLIGATION = _exactly(client="one_client", venue="one_exchange", symbol="one_symbol")
ONE_MARKET = _exactly(venue="one_exchange", symbol="one_symbol")
# What an independent watcher tells, and what everybody else does.
BY_WATCHERS = matching(source=Source.VENUE)
BY_ENGINES: Scope = (Matcher("source", "!=", Source.VENUE),)


def select(metric: Series, scope: Scope = (), **labels: str | Sequence[str]) -> str:
    """Select a metric's series by the board's variables and by fixed labels.

    Args:
        metric: from the registry, or recorded by a rule.
        scope: matchers that follow the variables.
        labels: a string must equal the label, a sequence lists what it may be.

    Raises:
        ValueError: a label is not one of the metric's, or can never have that value.
    """
    matchers = [
        *scope,
        *(
            Matcher(label, "=", value)
            if isinstance(value, str)
            else Matcher(label, "=~", "|".join(value))
            for label, value in labels.items()
        ),
    ]
    check_labels(metric, (matcher.label for matcher in matchers))
    for label, chosen in labels.items():
        _check_values(metric, label, (chosen,) if isinstance(chosen, str) else chosen)
    if not matchers:
        return metric.prometheus
    return f"{metric.prometheus}{{{','.join(map(str, matchers))}}}"


def check_labels(metric: Series, labels: Iterable[str]) -> None:
    """Refuse a label the metric does not carry.

    Raises:
        ValueError: names the label and those there are.
    """
    known = set(metric.attributes)
    if not isinstance(metric, Recorded):
        known |= RESOURCE_LABELS
    for label in labels:
        if label not in known:
            raise ValueError(
                f"{metric.name} has no label {label!r}: it has {', '.join(sorted(known))}"
            )


def _check_values(metric: Series, label: str, values: Iterable[str]) -> None:
    if isinstance(metric, Recorded):
        return
    allowed = metric.values(label) if label in metric.attributes else None
    for value in values:
        if allowed is not None and value not in allowed:
            raise ValueError(
                f"{metric.name} never has {label}={value!r}: it has {', '.join(sorted(allowed))}"
            )


def by(aggregator: str, keys: Keys, expr: str) -> str:
    """Aggregate to the given labels."""
    return f"{aggregator} by ({','.join(keys)}) ({expr})"


def shown(
    metric: Signal, scope: Scope = (), window: str | None = None, **labels: str | Sequence[str]
) -> str:
    """Select a book's series of the one process whose word on it counts, one value a book.

    A watcher whose view the venue confirmed lately comes before the engine, the last confirmed of
    several before the others (`fortuna:book:view`): all that is shown of a book comes from one
    view, and nothing of a dead process is left beside its successor. Facts of one process (ages)
    are not for this.

    Args:
        metric: told of a book, by a source.
        scope: matchers that follow the variables.
        window: average over it what that process told; now, unless given.
        labels: as for `select`.
    """
    told = select(metric, scope, **labels)
    if window is not None:
        told = f"avg_over_time({told}[{window}])"
    return f"{told} and on ({','.join(VIEW)}) {select(recorded.BOOK_VIEW, scope)}"


def _is_view(metric: Signal, keys: Keys, labels: Iterable[str]) -> bool:
    """Whether engines and watchers both tell it of a book, and it is not asked for one of them."""
    told_by_source = {"source", *BOOK} <= set(metric.attributes)
    return told_by_source and not {"source", *PROCESS} & {*keys, *labels}


def live(
    metric: Series,
    keys: Keys,
    scope: Scope = (),
    *,
    aggregator: str = "max",
    **labels: str | Sequence[str],
) -> str:
    """Read a gauge now, one value for each `keys`, whichever processes report it."""
    check_labels(metric, keys)
    if isinstance(metric, Recorded):
        return by(aggregator, keys, _recorded(metric, scope, **labels))
    _expect(metric, counter=False)
    if _is_view(metric, keys, labels):
        return by(aggregator, keys, shown(metric, scope, None, **labels))
    return by(aggregator, keys, select(metric, scope, **labels))


def _recorded(metric: Recorded, scope: Scope, **labels: str | Sequence[str]) -> str:
    selected = select(metric, scope, **labels)
    if 2 * metric.interval <= LOOKBACK:
        return selected
    return f"last_over_time({selected}[{math.ceil(2.5 * metric.interval)}s])"


def averaged(
    metric: Signal, keys: Keys, scope: Scope, window: str, **labels: str | Sequence[str]
) -> str:
    """Average a gauge over a window; it averages the samples there are."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
    if _is_view(metric, keys, labels):
        return by("max", keys, shown(metric, scope, window, **labels))
    return by("max", keys, f"avg_over_time({select(metric, scope, **labels)}[{window}])")


def term(metric: Signal, keys: Keys, scope: Scope = (), **labels: str | Sequence[str]) -> str:
    """Read a term of the mandates: it still holds while their exporter restarts."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
    selected = select(metric, scope, **labels)
    return by("max", keys, f"last_over_time({selected}[{MANDATE_WINDOW}])")


def increase(
    metric: Signal,
    keys: Keys,
    window: str,
    scope: Scope = (),
    *,
    ahead: bool = False,
    **labels: str | Sequence[str],
) -> str:
    """Sum what a counter gained over a window; `ahead` looks at the window that follows.

    `anchored` counts from the last sample before the window: whole events stay whole, and windows
    that meet add up. Plain `increase` would extrapolate (60 events read as 61).

    Where two sources count the same thing (the engine and a watcher) the larger is taken: both
    saw the same events, and one that was down saw fewer.
    """
    _expect(metric, counter=True)
    check_labels(metric, keys)
    offset = f" offset -{window}" if ahead else ""
    gained = f"increase({select(metric, scope, **labels)}[{window}] anchored{offset})"
    if "source" not in metric.attributes or "source" in keys:
        return by("sum", keys, gained)
    return by("max", keys, by("sum", (*keys, "source"), gained))


def quantile(metric: Signal, share: float, keys: Keys, window: str, scope: Scope) -> str:
    """Estimate a quantile of a histogram over a window; anchored, so that 5 s are enough."""
    check_labels(metric, keys)
    check_labels(metric, (matcher.label for matcher in scope))
    matchers = ",".join(map(str, scope))
    gained = f"increase({metric.prometheus}_bucket{{{matchers}}}[{window}] anchored)"
    return f"histogram_quantile({share}, {by('sum', (*keys, 'le'), gained)})"


def age(metric: Signal, keys: Keys, scope: Scope = (), **labels: str | Sequence[str]) -> str:
    """Seconds since a timestamp that a process set, also when the process is gone."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
    selected = select(metric, scope, **labels)
    return f"(time() - {by('max', keys, f'last_over_time({selected}[{SILENCE_WINDOW}])')})"


def confirmed(metric: Signal, scope: Scope = BOOKS) -> str:
    """Seconds since the venue confirmed the view that is shown of each book (see `shown`).

    Where nobody tells it any more, since anybody's was: a dead process must stay to be judged.

    Args:
        metric: when a view of a book was confirmed, a Unix time.
        scope: matchers that follow the variables.
    """
    return f"(time() - {live(metric, BOOK, scope)} or {age(metric, BOOK, scope)})"


def in_reference(expr: str, label: str) -> str:
    """Convert amounts into the reference currency.

    An asset without a rate disappears: sum to (asset, keys) first, convert, then sum it away.

    Args:
        expr: amounts.
        label: what names their asset: `quote`, or `asset` of those that are selected.
    """
    return f"({expr}) * on ({label}) group_left () {_rate(label)}"


def rated(expr: str, label: str) -> str:
    """Keep what has a rate in the reference currency; `label` as for `in_reference`."""
    return f"({expr}) and on ({label}) {_rate(label)}"


def _rate(label: str) -> str:
    if label == "quote":
        return live(recorded.QUOTE_RATE, ("quote",), REFERENCE)
    return live(signals.market.REFERENCE_RATE, (label,), (*REFERENCE, *ASSETS))


def selected_books(keys: Keys, scope: Scope = BOOKS) -> str:
    """Every book of the selection, expected or seen in the last day, one value for each `keys`."""
    return live(recorded.BOOK, keys, scope, aggregator="group")


def obligations(keys: Keys, scope: Scope = OBLIGATIONS) -> str:
    """Every obligation of the mandates, 1 for each `keys`; kept while their exporter is away."""
    return live(recorded.MANDATE_INFO, keys, scope, aggregator="group")


def of_obligations(expr: str) -> str:
    """Give a number of (client, venue, symbol) to each obligation that the client has there."""
    return _given(obligations(OBLIGATION), CLIENT_MARKET, expr)


def selected_obligations(keys: Keys = OBLIGATION) -> str:
    """Every obligation with a selected book, 1 for each `keys`."""
    return of_selected(obligations(keys), CLIENT_MARKET)


def of_selected_obligations(expr: str, on: Keys = CLIENT_MARKET) -> str:
    """Give a number of (client, venue, symbol), or fewer, to the selected obligations it is of."""
    return _given(selected_obligations(), on, expr)


def _given(each: str, on: Keys, expr: str) -> str:
    return f"({each} * on ({','.join(on)}) group_left () ({expr}))"


def coded(
    metric: Signal, label: str, codes: Iterable[tuple[int, str]], keys: Keys, scope: Scope = ()
) -> str:
    """Read which of a label's values is taken now, as a code.

    A state is told as one series a value, of which one is 1. Where processes differ, the first of
    `codes` wins.
    """
    return " or ".join(
        f"{code} * ({live(metric, keys, scope, **{label: value})} == 1)" for code, value in codes
    )


def of_selected(expr: str, keys: Keys) -> str:
    """Keep what belongs to a selected book.

    Variables select a cross product; this leaves the markets and obligations that have a book in
    the chosen accounts and tags.
    """
    return f"(({expr}) and on ({','.join(keys)}) {selected_books(keys)})"


def tidy(price: str) -> str:
    """Round a computed price to seven digits; a price that was quoted needs none of it."""
    power = f"10 ^ (6 - floor(log10({price})))"
    return f"round({price} * {power}) / {power}"


def count_of(part: str, whole: str) -> str:
    """Count `part`: zero only where there is a `whole` to judge, nothing otherwise."""
    return f"(count({part}) or 0 * count({whole}))"


def cumulative(metric: Signal, scope: Scope, side: str, levels: int = LADDER_LEVELS) -> str:
    """Sum a ladder from the touch outwards, one value a level.

    PromQL has no running sum: one term a level, joined by `or`. For one book only; over every
    book it would be thousands of rows.
    """
    terms = []
    for level in range(1, levels + 1):
        up_to = [str(number) for number in range(1, level + 1)]
        sizes = live(metric, ("side", "level"), scope, side=side, level=up_to)
        terms.append(f'label_replace({by("sum", ("side",), sizes)}, "level", "{level}", "", "")')
    there = live(metric, ("side", "level"), scope, side=side)
    return f"({' or '.join(terms)}) and on (side,level) {there}"


def _expect(metric: Signal, *, counter: bool) -> None:
    if (metric.kind == "counter") is not counter:
        raise ValueError(
            f"{metric.name} is a {metric.kind}: counters are read inside increase, gauges plainly"
        )
