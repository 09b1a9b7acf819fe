"""The PromQL idioms every panel and rule shares.

Metrics come from the registry, so a renamed signal or label breaks generation, not a panel.
Stores run with a 10 s lookback: a live gauge is a plain selector, and a series nobody sends any
more is gone within 10 s. Counters are summed after `increase`, gauges are collapsed over the
processes that report them before anything is summed, facts of one process are never collapsed.
Nothing here turns missing into zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fortuna_otel import signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel.signals import Signal

Keys: TypeAlias = tuple[str, ...]

MARKET: Keys = ("venue", "symbol")
BOOK: Keys = ("client", "venue", "symbol", "account", "tag")
OBLIGATION: Keys = ("mandate", "client", "venue", "symbol")
CLIENT_MARKET: Keys = ("client", "venue", "symbol")
BALANCE: Keys = ("client", "venue", "account", "asset")
ACCOUNT: Keys = ("client", "venue", "account")
PROCESS: Keys = ("job", "instance")

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
TODAY = "${today}s"
LADDER_LEVELS = 10


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


def _follow(**variables: str) -> Scope:
    return tuple(Matcher(label, "=~", f"${name}") for label, name in variables.items())


def _exactly(**variables: str) -> Scope:
    return tuple(Matcher(label, "=", f"${name}") for label, name in variables.items())


BOOKS = _follow(client="client", venue="exchange", symbol="symbol", account="account", tag="tag")
OBLIGATIONS = _follow(client="client", venue="exchange", symbol="symbol")
MARKETS = _follow(venue="exchange", symbol="symbol")
BALANCES = _follow(client="client", venue="exchange", account="account", asset="asset")
ACCOUNTS = _follow(client="client", venue="exchange", account="account")
CLIENT_ASSETS = _follow(client="client", asset="asset")
CLIENTS = _follow(client="client")
VENUES = _follow(venue="exchange")
ONE_BOOK = _exactly(
    client="one_client",
    venue="one_exchange",
    symbol="one_symbol",
    account="one_account",
    tag="one_tag",
)
ONE_OBLIGATION = _exactly(client="one_client", venue="one_exchange", symbol="one_symbol")
ONE_MARKET = _exactly(venue="one_exchange", symbol="one_symbol")


def select(metric: Signal, scope: Scope = (), **labels: str | Sequence[str]) -> str:
    """Select a metric's series by the board's variables and by fixed labels.

    Args:
        metric: from the registry.
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


def check_labels(metric: Signal, labels: Iterable[str]) -> None:
    """Refuse a label the metric does not carry.

    Raises:
        ValueError: names the label and those there are.
    """
    known = RESOURCE_LABELS.union(metric.attributes)
    for label in labels:
        if label not in known:
            raise ValueError(
                f"{metric.name} has no label {label!r}: it has {', '.join(sorted(known))}"
            )


def _check_values(metric: Signal, label: str, values: Iterable[str]) -> None:
    allowed = metric.values(label) if label in metric.attributes else None
    for value in values:
        if allowed is not None and value not in allowed:
            raise ValueError(
                f"{metric.name} never has {label}={value!r}: it has {', '.join(sorted(allowed))}"
            )


def by(aggregator: str, keys: Keys, expr: str) -> str:
    """Aggregate to the given labels."""
    return f"{aggregator} by ({','.join(keys)}) ({expr})"


def live(
    metric: Signal,
    keys: Keys,
    scope: Scope = (),
    *,
    aggregator: str = "max",
    **labels: str | Sequence[str],
) -> str:
    """Read a gauge now, one value for each `keys`, whichever processes report it."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
    return by(aggregator, keys, select(metric, scope, **labels))


def averaged(
    metric: Signal, keys: Keys, scope: Scope, window: str, **labels: str | Sequence[str]
) -> str:
    """Average a gauge over a window; it averages the samples there are."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
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

    Where two sources count the same thing (the engine and a watcher) the larger is taken: both
    saw the same events, and one that was down saw fewer.
    """
    _expect(metric, counter=True)
    check_labels(metric, keys)
    offset = f" offset -{window}" if ahead else ""
    gained = f"increase({select(metric, scope, **labels)}[{window}]{offset})"
    if "source" not in metric.attributes or "source" in keys:
        return by("sum", keys, gained)
    return by("max", keys, by("sum", (*keys, "source"), gained))


def gain_less_loss(metric: Signal, keys: Keys, window: str, scope: Scope = ()) -> str:
    """Net a signed sum that is kept as two counters."""
    gain = increase(metric, keys, window, scope, direction="gain")
    loss = increase(metric, keys, window, scope, direction="loss")
    return f"({gain} - {loss})"


def quantile(metric: Signal, share: float, keys: Keys, window: str, scope: Scope) -> str:
    """Estimate a quantile of a histogram over a window."""
    check_labels(metric, keys)
    check_labels(metric, (matcher.label for matcher in scope))
    matchers = ",".join(map(str, scope))
    rate = f"rate({metric.prometheus}_bucket{{{matchers}}}[{window}])"
    return f"histogram_quantile({share}, {by('sum', (*keys, 'le'), rate)})"


def age(metric: Signal, keys: Keys, scope: Scope = (), **labels: str | Sequence[str]) -> str:
    """Seconds since a timestamp that a process set, also when the process is gone."""
    _expect(metric, counter=False)
    check_labels(metric, keys)
    selected = select(metric, scope, **labels)
    return f"(time() - {by('max', keys, f'last_over_time({selected}[{SILENCE_WINDOW}])')})"


def in_reference(expr: str, label: str) -> str:
    """Convert amounts of the asset named by `label` into the reference currency.

    An asset without a rate disappears: sum to (asset, keys) first, convert, then sum it away.
    """
    rate = live(signals.market.REFERENCE_RATE, ("asset",), _exactly(currency="reference"))
    if label == "asset":
        return f"({expr}) * on (asset) group_left () {rate}"
    renamed = f'label_replace({rate}, "{label}", "$1", "asset", "(.+)")'
    return f"({expr}) * on ({label}) group_left () {renamed}"


def selected_books(keys: Keys, scope: Scope = BOOKS) -> str:
    """Every expected book of the selection, one value for each `keys`."""
    return by(
        "group", keys, f"last_over_time({select(signals.mandates.BOOK, scope)}[{MANDATE_WINDOW}])"
    )


def of_selected(expr: str, keys: Keys) -> str:
    """Keep what belongs to a selected book.

    Variables select a cross product; this leaves the markets and obligations that have a book in
    the chosen accounts and tags.
    """
    return f"({expr}) and on ({','.join(keys)}) {selected_books(keys)}"


def count_of(part: str, whole: str) -> str:
    """Count `part`: zero only where there is a `whole` to judge, nothing otherwise."""
    return f"(count({part}) or 0 * count({whole}))"


@dataclass(frozen=True, slots=True)
class Candles:
    """The four prices of a candle, each a range expression over one market."""

    open: str
    high: str
    low: str
    close: str


def candles(metric: Signal, scope: Scope, window: str = STEP) -> Candles:
    """Build candles labelled at their opening; the last one is still open.

    `offset -window` looks at (t, t + window], so the sample at t itself opens the candle and is
    folded into its high and low.
    """
    price = select(metric, scope)
    opening = by("max", MARKET, f"last_over_time({price}[{window}])")
    high = by("max", MARKET, f"max_over_time({price}[{window}] offset -{window})")
    low = by("min", MARKET, f"min_over_time({price}[{window}] offset -{window})")
    close = by("max", MARKET, f"last_over_time({price}[{window}] offset -{window})")
    return Candles(
        open=opening,
        high=f"({high} >= {opening}) or {opening}",
        low=f"({low} <= {opening}) or {opening}",
        close=close,
    )


def cumulative(metric: Signal, scope: Scope, side: str, levels: int = LADDER_LEVELS) -> str:
    """Sum a ladder from the touch outwards, one value a level.

    PromQL has no running sum: one term a level, joined by `or`. For one book only; over every
    book it would be thousands of rows.
    """
    terms = []
    for level in range(1, levels + 1):
        up_to = [str(number) for number in range(1, level + 1)]
        sizes = by("max", ("side", "level"), select(metric, scope, side=side, level=up_to))
        terms.append(f'label_replace({by("sum", ("side",), sizes)}, "level", "{level}", "", "")')
    there = live(metric, ("side", "level"), scope, side=side)
    return f"({' or '.join(terms)}) and on (side,level) {there}"


def _expect(metric: Signal, *, counter: bool) -> None:
    if (metric.kind == "counter") is not counter:
        raise ValueError(
            f"{metric.name} is a {metric.kind}: counters are read inside increase, gauges plainly"
        )
