"""Do we keep our promises? Obligations as they stand now, and the time they were kept."""

from __future__ import annotations

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import bargauge, common_models
from fortuna_otel.provisioning.panels import (
    Column,
    Placed,
    Section,
    cell,
    grid,
    head,
    instant,
    select_obligation,
)
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATION, OBLIGATIONS, RECENT, TODAY

KEYS = {"client": "client", "venue": "exchange", "symbol": "symbol", "mandate": "mandate"}

# The lower, the worse: the desk table sorts by it.
STATES = {
    1: ("unobserved", style.BAD),
    2: ("no quotes", style.BAD),
    3: ("bid only", style.WARN_MUTED),
    4: ("ask only", style.WARN_MUTED),
    5: ("spread", style.WARN_MUTED),
    6: ("depth", style.WARN_MUTED),
    7: ("kept", style.CLEAR),
    8: ("unscheduled", style.TARGET_MUTED),
}
KEPT = 7


def expected() -> str:
    """Every obligation of the selection, as 1."""
    return promql.of_selected(
        promql.term(signals.mandates.INFO, OBLIGATION, OBLIGATIONS), CLIENT_MARKET
    )


def spread() -> str:
    """Merged spread of each obligation, as a share of mid."""
    return promql.live(signals.obligations.SPREAD, OBLIGATION, OBLIGATIONS)


def spread_max() -> str:
    """Widest spread allowed."""
    return promql.term(signals.mandates.SPREAD_MAX, OBLIGATION, OBLIGATIONS)


def spread_min() -> str:
    """Tightest spread allowed."""
    return promql.term(signals.mandates.SPREAD_MIN, OBLIGATION, OBLIGATIONS)


def coverage(**labels: str) -> str:
    """Merged depth ÷ required depth: the worst side and band of each obligation.

    Args:
        labels: one band or one side only.
    """
    bands = (*OBLIGATION, "side", "band")
    depth = promql.live(signals.obligations.DEPTH, bands, OBLIGATIONS, **labels)
    required = promql.term(signals.mandates.DEPTH_MIN, bands, OBLIGATIONS, **labels)
    return promql.by("min", OBLIGATION, f"{depth} / ({required} > 0)")


def state() -> str:
    """Each obligation's state as a code of `STATES`: the lower, the worse."""
    each = promql.by("max", OBLIGATION, expected())
    on = f"on ({','.join(OBLIGATION)})"
    market = f"on ({','.join(CLIENT_MARKET)})"
    scheduled = promql.term(signals.mandates.SCHEDULED, OBLIGATION, OBLIGATIONS)
    judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, RECENT, OBLIGATIONS)
    bid = promql.live(signals.quotes.BID, CLIENT_MARKET, OBLIGATIONS)
    ask = promql.live(signals.quotes.ASK, CLIENT_MARKET, OBLIGATIONS)
    ranked = {
        8: f"and {on} ({scheduled} == 0)",
        1: f"unless {on} ({judged} > 0)",
        2: f"unless {market} ({bid} or {ask})",
        3: f"unless {market} {ask}",
        4: f"unless {market} {bid}",
        5: f"and {on} (({spread()} > {spread_max()}) or ({spread()} < {spread_min()}))",
        6: f"and {on} ({coverage()} < 1)",
        7: "",
    }
    return " or ".join(
        f"{code} * ({each} {condition})" if condition else f"{code} * {each}"
        for code, condition in ranked.items()
    )


def out_of_terms() -> str:
    """Count the scheduled obligations that are not kept now."""
    return promql.count_of(f"({state()}) < {KEPT}", expected())


def breached_today() -> str:
    """Seconds since midnight in which an obligation was judged and not kept."""
    judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, TODAY, OBLIGATIONS)
    return f"clamp_min({judged} - {kept_today()}, 0)"


def kept_today() -> str:
    """Seconds since midnight in which every term held."""
    return promql.increase(
        signals.obligations.KEPT_TIME, OBLIGATION, TODAY, OBLIGATIONS, term="all"
    )


def unobserved_today() -> str:
    """Seconds since midnight that nobody could judge, of an obligation scheduled all day."""
    judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, TODAY, OBLIGATIONS)
    return f"clamp_min($today - {judged}, 0)"


def budget_left() -> str:
    """Seconds of breach the uptime term still allows today."""
    least = promql.term(signals.mandates.UPTIME_MIN, OBLIGATION, OBLIGATIONS, term="all")
    return f"((1 - {least}) * 86400 - {breached_today()})"


def section() -> Section:
    """Build the section."""
    return Section(
        "Obligations",
        (
            Placed(_today(), 0, 0, 16, 10),
            Placed(_by_term(), 16, 0, 8, 10),
        ),
    )


def _today() -> object:
    of_today = "$today"
    return grid(
        "Kept today, by obligation",
        "Time since 00:00 UTC, by obligation over all its accounts and tags. **kept**: every term "
        "held. **breached**: judged, and some term did not hold. **unobserved**: nobody could "
        "judge it (service silent, quotes unconfirmed, or this database did not exist yet); it is "
        "neither kept nor breached. **required**: the mandate's least share. **budget left**: "
        "breach the term still allows today, negative when it is spent. **coverage**: judged "
        "share of the day; below 95 % the other numbers are not proof. Account and tag choose "
        "which obligations are shown, not what is counted. Empty: no obligation in the selection.",
        keys=KEYS,
        columns=(
            _seconds(
                "budget left",
                budget_left(),
                style.threshold_properties((None, style.ASK), (0, style.WARN), (1800, style.GOOD)),
            ),
            _share("kept", f"{kept_today()} / {of_today}"),
            _share("breached", f"{breached_today()} / {of_today}"),
            _share("unobserved", f"{unobserved_today()} / {of_today}"),
            _share(
                "required",
                promql.term(signals.mandates.UPTIME_MIN, OBLIGATION, OBLIGATIONS, term="all"),
            ),
            Column(
                "coverage",
                f"clamp_max(1 - {unobserved_today()} / {of_today}, 1)",
                cell(
                    style.unit("percentunit", 1),
                    style.coloured_text(),
                    style.threshold_properties((None, style.GREY), (0.95, style.TEXT)),
                ),
            ),
        ),
        sort=(("budget left", False), ("kept", False)),
        key_properties={"client": cell(select_obligation())},
        empty="no obligation in the selection",
    )


def _seconds(title: str, expr: str, look: list[style.Property]) -> Column:
    return Column(title, expr, cell(style.unit("s", 1), style.coloured_text(), look))


def _share(title: str, expr: str) -> Column:
    return Column(title, expr, cell(style.unit("percentunit", 2)))


def _by_term() -> object:
    term_keys = (*OBLIGATION, "term")
    kept = promql.increase(signals.obligations.KEPT_TIME, term_keys, "$__range", OBLIGATIONS)
    judged = promql.increase(signals.obligations.OBSERVED_TIME, OBLIGATION, "$__range", OBLIGATIONS)
    share = f"clamp_max({kept} / on ({','.join(OBLIGATION)}) group_left () ({judged} > 0), 1)"
    return (
        head(
            bargauge.Panel(),
            "Worst obligation, by term",
            "For each term, the obligation that kept it least over the dashboard's range: seconds "
            "in which the term held ÷ seconds in which it could be judged. Never an average over "
            "obligations. Account and tag do not apply. Empty: nothing was judged in the range.",
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
