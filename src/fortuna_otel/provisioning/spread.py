"""Are we as tight as we promised?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import obligations, promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    OBLIGATION_KEYS,
    Column,
    Placed,
    Section,
    cell,
    grid,
    lines,
    ranged,
    select_obligation,
)
from fortuna_otel.provisioning.promql import (
    CLIENT_MARKET,
    MARKET,
    OBLIGATION,
    OBLIGATIONS,
    ONE_BOOK,
    ONE_MARKET,
    ONE_OBLIGATION,
)

ONE = "$one_client $one_exchange $one_symbol"


def section() -> Section:
    """Build the section."""
    return Section(
        "Spread",
        (
            Placed(_one(), 0, 0, 12, 9),
            Placed(watched(_prices(), "QuoteOffReference", "PriceDislocated"), 12, 0, 12, 9),
            Placed(watched(_shares(), "SpreadTooWide"), 0, 9, 12, 9),
            Placed(watched(_in_band(), "SpreadOutOfBand", "SpreadTooWide"), 12, 9, 12, 9),
        ),
    )


def of_one() -> dict[str, str]:
    """Spread of the first obligation, of its market, and what is promised, in bp."""
    own = promql.live(recorded.OBLIGATION_SPREAD_RATIO, promql.CLIENT_MARKET, ONE_OBLIGATION)
    bid, ask, mid = (
        promql.live(signal, MARKET, ONE_MARKET)
        for signal in (signals.market.BID, signals.market.ASK, signals.market.MID)
    )
    least, target = (
        promql.term(signal, OBLIGATION, ONE_OBLIGATION)
        for signal in (signals.mandates.SPREAD_MIN, signals.mandates.SPREAD_TARGET)
    )
    widest = promql.live(
        recorded.OBLIGATION_SPREAD_ALLOWED_RATIO, promql.CLIENT_MARKET, ONE_OBLIGATION
    )
    return {
        "own": f"1e4 * max({own})",
        "market": f"1e4 * max(({ask} - {bid}) / {mid})",
        "min": f"1e4 * max({least})",
        "target": f"1e4 * max({target})",
        "max": f"1e4 * max({widest})",
    }


def _one() -> Any:
    looks = {
        "own": [style.fixed(style.TEXT), style.look("custom.lineWidth", 2)],
        "market": [style.fixed(style.GREY)],
        "min": [style.fixed(style.WARN), style.dashed()],
        "target": [style.fixed(style.TARGET), style.dashed()],
        "max": [
            style.fixed(style.WARN),
            style.dashed(),
            style.look("custom.fillBelowTo", "min"),
            style.look("custom.fillOpacity", 8),
        ],
    }
    panel = (
        lines(
            f"Spread against mandate · {ONE}",
            "The first obligation of the selection: merged own spread, (best own ask less best own "
            "bid) ÷ mid over all its accounts and tags, the venue's own spread beside it, and the "
            "mandate's least, target and widest allowed (its widening included), dashed. In bp. A "
            "gap: not two-sided, or nobody reported. Empty: no obligation in the selection.",
        )
        .unit("suffix: bp")
        .decimals(1)
        .min(0)
    )
    for ref, (name, expr) in zip("ABCDE", of_one().items(), strict=True):
        panel.with_target(ranged(expr, ref, name)).override_by_name(name, looks[name])
    return panel


def _prices() -> Any:
    drawn = {
        "own bid": (signals.quotes.BID, ONE_BOOK, promql.BOOK, style.BID, 2),
        "own ask": (signals.quotes.ASK, ONE_BOOK, promql.BOOK, style.ASK, 2),
        "market bid": (signals.market.BID, ONE_MARKET, MARKET, style.BID_MUTED, 1),
        "market ask": (signals.market.ASK, ONE_MARKET, MARKET, style.ASK_MUTED, 1),
        "mid": (signals.market.MID, ONE_MARKET, MARKET, style.GREY, 1),
        "fair": (signals.market.REFERENCE_MID, ONE_MARKET, MARKET, style.TARGET, 1),
    }
    panel = lines(
        f"Quotes in the market · {ONE} $one_account $one_tag",
        "The first book of the selection: own best bid and ask, the venue's best bid, ask and "
        "mid, and **fair**, the reference mid that obligations are judged against. In the quote "
        "currency. Empty: nothing reports for this market.",
    )
    for ref, (name, look) in zip("ABCDEF", drawn.items(), strict=True):
        signal, scope, keys, colour, weight = look
        panel.with_target(ranged(f"max({promql.live(signal, keys, scope)})", ref, name))
        panel.override_by_name(name, [style.fixed(colour), style.look("custom.lineWidth", weight)])
    return panel.unit("none")


def _shares() -> Any:
    share = obligations.spread_of_allowed()
    widest = promql.live(recorded.MANDATE_SPREAD_MAX_RATIO, (), OBLIGATIONS, aggregator="group")
    return (
        lines(
            "Spread, share of the widest allowed",
            "Merged own spread of every selected obligation ÷ the widest its mandate allows now, "
            "widening included, so that they compare: above 100 % it is broken. Account and tag "
            "choose which are shown. A gap: not two-sided, or nobody reported. Empty: no "
            "obligation in the selection.",
            many=True,
        )
        .with_target(ranged(share, "A", "{{client}} {{venue}} {{symbol}}"))
        .with_target(ranged(widest, "B", "widest allowed"))
        .unit("percentunit")
        .decimals(0)
        .min(0)
        .override_by_name("widest allowed", [style.fixed(style.WARN), style.dashed()])
    )


def _in_band() -> Any:
    share = obligations.kept_in_range(OBLIGATION, promql.matching(term="spread"))
    basis = "1e4 * "
    bp = cell(style.unit("suffix: bp", 1), style.width(85))
    return grid(
        "Time in band",
        "By obligation over the dashboard's range: **in band**, seconds in which the merged "
        "spread kept its term ÷ seconds in which it could be judged, as a watcher saw it where one "
        "judged; now: the spread beside the mandate's least, target and the widest it allows at "
        "present. Account and tag "
        "choose which are shown. Empty: no obligation in the selection.",
        keys=OBLIGATION_KEYS,
        columns=(
            Column(
                "in band",
                promql.of_selected(share, CLIENT_MARKET),
                cell(
                    style.unit("percentunit", 1),
                    style.coloured_text(),
                    style.threshold_properties(
                        (None, style.ASK), (0.9, style.WARN), (0.95, style.TEXT)
                    ),
                    style.width(85),
                ),
            ),
            Column(
                "now",
                promql.of_selected(f"{basis}{obligations.spread()}", CLIENT_MARKET),
                bp,
            ),
            Column(
                "min", promql.of_selected(f"{basis}{obligations.spread_min()}", CLIENT_MARKET), bp
            ),
            Column(
                "target",
                promql.of_selected(
                    basis + promql.term(signals.mandates.SPREAD_TARGET, OBLIGATION, OBLIGATIONS),
                    CLIENT_MARKET,
                ),
                bp,
            ),
            Column(
                "max",
                promql.of_selected(f"{basis}{obligations.spread_allowed()}", CLIENT_MARKET),
                bp,
            ),
        ),
        order=("client", "exchange", "symbol", "in band", "now", "min", "target", "max"),
        sort=(("in band", False),),
        key_properties={
            "client": cell(select_obligation()),
        },
        empty="no obligation in the selection",
    )
