"""Do we keep our promises? Obligations as they stand now, and the time they were kept."""

from __future__ import annotations

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import hours, promql, style, volumes
from fortuna_otel.provisioning._grafana import bargauge, common_models
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.hours import PROVEN
from fortuna_otel.provisioning.panels import (
    OBLIGATION_KEYS,
    Column,
    Placed,
    Section,
    cell,
    grid,
    head,
    instant,
    select_obligation,
)
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATION, OBLIGATIONS, RECENT

# The lower, the worse: the desk table sorts by it.
STATES = {
    1: ("unobserved", style.BAD),
    2: ("no quotes", style.BAD),
    3: ("bid only", style.WARN_MUTED),
    4: ("ask only", style.WARN_MUTED),
    5: ("spread", style.WARN_MUTED),
    6: ("depth", style.WARN_MUTED),
    7: ("levels", style.WARN_MUTED),
    8: ("kept", style.CLEAR),
    9: ("unscheduled", style.TARGET_MUTED),
}
KEPT = 8


def spread() -> str:
    """Merged spread of each obligation, as a share of mid: a watcher's fresh view first."""
    return promql.of_obligations(
        promql.live(recorded.OBLIGATION_SPREAD_RATIO, CLIENT_MARKET, OBLIGATIONS)
    )


def spread_allowed() -> str:
    """Widest spread allowed now: the mandate's, or what its widening makes of it."""
    return promql.of_obligations(
        promql.live(recorded.OBLIGATION_SPREAD_ALLOWED_RATIO, CLIENT_MARKET, OBLIGATIONS)
    )


def spread_of_allowed() -> str:
    """Merged spread of each selected obligation as a share of the widest allowed now."""
    own = promql.live(recorded.OBLIGATION_SPREAD_RATIO, CLIENT_MARKET, OBLIGATIONS)
    widest = promql.live(recorded.OBLIGATION_SPREAD_ALLOWED_RATIO, CLIENT_MARKET, OBLIGATIONS)
    return promql.of_selected_obligations(f"{own} / {widest}")


def spread_min() -> str:
    """Tightest spread allowed."""
    return promql.term(signals.mandates.SPREAD_MIN, OBLIGATION, OBLIGATIONS)


def coverage(**labels: str) -> str:
    """Merged own depth ÷ required depth of each selected obligation: the worst side and band.

    Args:
        labels: one band or one side only.
    """
    return promql.of_selected_obligations(_coverage(**labels))


def _coverage(**labels: str) -> str:
    bands = (*CLIENT_MARKET, "side", "band")
    depth = promql.live(recorded.OBLIGATION_DEPTH, bands, OBLIGATIONS, **labels)
    required = promql.live(recorded.OBLIGATION_DEPTH_REQUIRED, bands, OBLIGATIONS, **labels)
    return promql.by("min", CLIENT_MARKET, f"{depth} / ({required} > 0)")


def state() -> str:
    """Each obligation's state as a code of `STATES`: the lower, the worse."""
    each = promql.selected_obligations()
    on = f"on ({','.join(OBLIGATION)})"
    market = f"on ({','.join(CLIENT_MARKET)})"
    scheduled = promql.term(signals.mandates.SCHEDULED, OBLIGATION, OBLIGATIONS)
    judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, RECENT, OBLIGATIONS)
    levels = _kept_share(OBLIGATION, RECENT, promql.matching(term="levels"))
    ranked = {
        9: f"and {on} ({scheduled} == 0)",
        1: f"unless {on} ({judged} > 0)",
        2: f"and {market} ({_promised('unless')}) unless {market} ({_promised('and')})",
        3: f"and {market} ({_promised('unless', side='ask')})",
        4: f"and {market} ({_promised('unless', side='bid')})",
        5: f"and {on} (({spread()} > {spread_allowed()}) or ({spread()} < {spread_min()}))",
        6: f"and {market} ({_coverage()} < 1)",
        # Nobody tells levels as a number: they are broken if they mostly were, of late.
        7: f"and {on} ({levels} < 0.5)",
        8: "",
    }
    return " or ".join(
        f"{code} * ({each} {condition})" if condition else f"{code} * {each}"
        for code, condition in ranked.items()
    )


def _promised(resting: str, **labels: str) -> str:
    """Sides that the mandate promises to be there: `and` something rests on them, or `unless`.

    As NotQuoting and QuotesOneSided judge it: over the books that make the market, no hedges.
    """
    sides = (*CLIENT_MARKET, "side")
    presence = promql.live(recorded.MANDATE_PRESENCE, sides, OBLIGATIONS, **labels)
    liquidity = promql.live(recorded.OBLIGATION_LIQUIDITY, sides, OBLIGATIONS, **labels)
    return f"{presence} {resting} on ({','.join(sides)}) ({liquidity} > 0)"


def out_of_terms() -> str:
    """Count the scheduled obligations that are not kept now."""
    return promql.count_of(f"({state()}) < {KEPT}", promql.selected_obligations())


def kept(window: str) -> str:
    """Seconds of this `day` or `month` in which every term held."""
    return promql.of_selected_obligations(_kept(window))


def breached(window: str) -> str:
    """Seconds of this `day` or `month` in which an obligation was judged and not kept."""
    return promql.of_selected_obligations(_breached(window))


def unobserved(window: str) -> str:
    """Seconds of this `day` or `month` that nobody could judge."""
    return promql.of_selected_obligations(_unobserved(window))


def uptime(window: str) -> str:
    """Share of the judged time in which every term held."""
    return promql.of_selected_obligations(_uptime(window))


def promised(window: str) -> str:
    """The same, where it proves something and is at least what the mandate requires."""
    return promql.of_selected_obligations(f"{_proven(window)} unless {_missed(window)}")


def missed(window: str) -> str:
    """The same, where it proves something and is less than what the mandate requires."""
    return promql.of_selected_obligations(f"{_proven(window)} and {_missed(window)}")


def unproven(window: str) -> str:
    """The same, where too little was judged."""
    return promql.of_selected_obligations(f"{_uptime(window)} and {_covered(window)} < {PROVEN}")


def required() -> str:
    """Least share of the judged time that the mandate promises; of several terms, the strictest."""
    return promql.of_selected_obligations(_required())


def covered(window: str) -> str:
    """Share of the scheduled time that could be judged."""
    return promql.of_selected_obligations(_covered(window))


# By market, and given to obligations at the end: joined at each step they cost as much each time.
def _kept(window: str) -> str:
    figure = recorded.KPI_KEPT_SECONDS
    return promql.live(figure, CLIENT_MARKET, OBLIGATIONS, term="all", window=window)


def _breached(window: str) -> str:
    figure = recorded.KPI_BREACHED_SECONDS
    return promql.live(figure, CLIENT_MARKET, OBLIGATIONS, term="all", window=window)


def _unobserved(window: str) -> str:
    seconds = promql.live(
        recorded.KPI_UNOBSERVED_SECONDS, CLIENT_MARKET, OBLIGATIONS, window=window
    )
    # Counters come every 5 s, so that the sum may be a few seconds below nothing.
    return f"clamp_min({seconds}, 0)"


def _uptime(window: str) -> str:
    return f"({_kept(window)} / ({_kept(window)} + {_breached(window)} > 0))"


def _proven(window: str) -> str:
    return f"({_uptime(window)} and {_covered(window)} >= {PROVEN})"


def _missed(window: str) -> str:
    return f"({_uptime(window)} < {_required()})"


def _required() -> str:
    return promql.live(recorded.KPI_UPTIME_MIN_RATIO, CLIENT_MARKET, OBLIGATIONS)


def _covered(window: str) -> str:
    judged = f"({_kept(window)} + {_breached(window)})"
    return f"({judged} / ({judged} + {_unobserved(window)} > 0))"


def budget_left() -> str:
    """Seconds of breach that each selected obligation may still have, by its strictest term."""
    keys = (*CLIENT_MARKET, "term")
    budget = promql.live(recorded.UPTIME_BUDGET_SECONDS, keys, OBLIGATIONS)
    spent = promql.live(recorded.UPTIME_WINDOW_SUM_SECONDS, keys, OBLIGATIONS)
    left = promql.by("min", CLIENT_MARKET, f"{budget} - {spent}")
    return promql.of_selected_obligations(left)


def kept_in_range(keys: promql.Keys, terms: promql.Scope = ()) -> str:
    """Share of the judged time of the dashboard's range in which a term held.

    Args:
        keys: of an obligation, and perhaps its term.
        terms: matchers of the term, where it is one only.
    """
    return _kept_share(keys, "$__range", terms)


def _kept_share(keys: promql.Keys, window: str, terms: promql.Scope) -> str:
    """Share of the judged time of a window in which a term held.

    By a watcher where one judged, else by the engines: the seconds of one over those of another
    are no share.
    """

    def seen(by_whom: promql.Scope) -> str:
        scope = (*OBLIGATIONS, *by_whom)
        kept = promql.increase(signals.obligations.KEPT_TIME, keys, window, (*scope, *terms))
        judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, window, scope)
        return f"clamp_max({kept} / on ({','.join(OBLIGATION)}) group_left () ({judged} > 0), 1)"

    return f"({seen(promql.BY_WATCHERS)} or {seen(promql.BY_ENGINES)})"


def section() -> Section:
    """Build the section."""
    return Section(
        "Obligations",
        (
            Placed(_so_far_table("day", "today", "since 00:00 UTC"), 0, 0, 24, 10),
            Placed(watched(hours.table(), "UptimeAtRisk"), 0, 10, 18, 12),
            Placed(_by_term(), 18, 10, 6, 12),
            Placed(_so_far_table("month", "this month", "since the 1st, UTC"), 0, 22, 24, 10),
            Placed(volumes.table(), 0, 32, 24, 8),
        ),
    )


def _so_far_table(window: str, name: str, since: str) -> object:
    budget = (
        _seconds(
            "budget left",
            budget_left(),
            (None, style.ASK),
            (0, style.WARN),
            (1800, style.GOOD),
        ),
    )
    panel = grid(
        f"Kept {name}, by obligation",
        f"Time {since}, by obligation over all its accounts and tags, of those that promise an "
        "uptime; as of the last whole minute. **uptime**: kept ÷ judged, under **missed** where it "
        "is less than **required**, the mandate's least share (of several terms, the strictest), "
        "under **unproven** where too little was judged. **kept**: every term held. "
        "**breached**: judged, and some term did not hold. **unobserved**: nobody could judge it "
        "(service silent, quotes unconfirmed); neither kept nor breached. **coverage**: judged ÷ "
        "scheduled; below 95 % the uptime proves nothing."
        + (
            " **budget left**: breach the term still allows in the window it is judged by, "
            "negative when it is spent."
            if window == "day"
            else ""
        )
        + " Account and tag choose which obligations are shown, not what is counted. Empty: no "
        "obligation in the selection promises an uptime.",
        keys=OBLIGATION_KEYS,
        columns=(
            *(budget if window == "day" else ()),
            _share("uptime", promised(window)),
            _share("missed", missed(window), style.ASK),
            _share("unproven", unproven(window), style.GREY),
            _share("required", required()),
            _seconds("kept", kept(window), (None, style.TEXT)),
            # A second is less than any term counts.
            _seconds("breached", breached(window), (None, style.TEXT), (1, style.WARN)),
            _seconds("unobserved", unobserved(window), (None, style.TEXT), (1, style.GREY)),
            Column(
                "coverage",
                covered(window),
                cell(
                    style.unit("percentunit", 1),
                    style.coloured_text(),
                    style.threshold_properties((None, style.GREY), (PROVEN, style.TEXT)),
                ),
            ),
        ),
        sort=(
            *((("budget left", False),) if window == "day" else ()),
            ("missed", False),
            ("uptime", False),
        ),
        key_properties={"client": cell(select_obligation())},
        empty="no obligation with an uptime in the selection",
    )
    return watched(panel, "UptimeAtRisk", "QuotesUnconfirmed")


def _seconds(title: str, expr: str, *steps: style.Step) -> Column:
    look = (style.coloured_text(), *style.threshold_properties(*steps))
    return Column(title, expr, cell(style.unit("s", 1), *look))


def _share(title: str, expr: str, colour: str = style.TEXT) -> Column:
    look = (style.fixed(colour), style.coloured_text())
    return Column(title, expr, cell(style.unit("percentunit", 2), *look))


def _by_term() -> object:
    share = kept_in_range((*OBLIGATION, "term"))
    return (
        head(
            bargauge.Panel(),
            "Worst obligation, by term",
            "For each term, the obligation that kept it least over the dashboard's range: seconds "
            "in which the term held ÷ seconds in which it could be judged, as a watcher saw it "
            "where one judged. Never an average over obligations. Account and tag do not apply. "
            "Empty: nothing was judged in the range.",
        )
        .with_target(instant(promql.by("min", ("term",), share), "A", "{{term}}"))
        .unit("percentunit")
        .decimals(2)
        .min(0)
        .max(1)
        .thresholds(style.thresholds((None, style.ASK), (0.9, style.WARN), (0.95, style.GOOD)))
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .no_value("nothing judged in the range")
        .mappings([style.missing("nothing judged in the range")])
    )
