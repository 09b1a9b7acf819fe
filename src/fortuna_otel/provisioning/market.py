"""One market closely: its ticker, its candles with own fills, and the live ladder of one book."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import (
    candlestick,
    candlestick_models,
    common,
    common_models,
    stat,
)
from fortuna_otel.provisioning.candles import candle_prices
from fortuna_otel.provisioning.panels import (
    Column,
    cell,
    grid,
    head,
    instant,
    ranged,
    ranged_rows,
    transformation,
)
from fortuna_otel.provisioning.promql import (
    CLIENT_MARKET,
    MARKET,
    OBLIGATION,
    ONE_BOOK,
    ONE_MARKET,
    ONE_OBLIGATION,
    STEP,
)

ONE_TITLE = "$one_client $one_exchange $one_symbol $one_account $one_tag"


def ticker_numbers() -> dict[str, str]:
    """How the first market of the selection stands, and its first obligation's spread in bp."""
    market = {
        "bid": signals.market.BID,
        "ask": signals.market.ASK,
        "last": signals.market.LAST,
    }
    last = promql.select(signals.market.LAST, ONE_MARKET)
    spreads = {
        "spread": promql.live(
            recorded.OBLIGATION_SPREAD_RATIO, promql.CLIENT_MARKET, ONE_OBLIGATION
        ),
        "target": promql.term(signals.mandates.SPREAD_TARGET, OBLIGATION, ONE_OBLIGATION),
        "max": promql.live(recorded.OBLIGATION_SPREAD_ALLOWED_RATIO, CLIENT_MARKET, ONE_OBLIGATION),
    }
    confirmed = promql.confirmed(signals.quotes.UPDATED_TIMESTAMP, ONE_BOOK)
    return {
        **{name: f"max({promql.select(metric, ONE_MARKET)})" for name, metric in market.items()},
        "24 h": f"max({last}) / max({last} offset 1d) - 1",
        **{name: f"1e4 * max({expr})" for name, expr in spreads.items()},
        "as of": f"max({confirmed})",
    }


def ticker() -> Any:
    """Build the numbers of the first market of the selection."""
    panel = (
        head(
            stat.Panel(),
            "$one_exchange $one_symbol",
            "The first market of the selection: best bid, best ask and last trade of the venue; "
            "change of the last price over 24 h (absent until there is a day of data); the "
            "obligation's merged spread beside its target and its widest; age of the last "
            "confirmation of the quotes below. Empty: nothing reports for this market.",
        )
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
        .text(common.VizTextDisplayOptions().title_size(11).value_size(17))
        .thresholds(style.thresholds((None, style.TEXT)))
        .unit("string")
        .no_value("not reported")
        .mappings([style.missing("not reported")])
    )
    for ref, (name, expr) in zip("ABCDEFGH", ticker_numbers().items(), strict=True):
        panel.with_target(instant(expr, ref, name))
    for name in ("spread", "target", "max"):
        panel.override_by_name(name, style.unit("suffix: bp", 1))
    return (
        panel.override_by_name("bid", [style.fixed(style.BID)])
        .override_by_name("ask", [style.fixed(style.ASK)])
        .override_by_name(
            "24 h",
            [
                *style.unit("percentunit", 2),
                *style.threshold_properties((None, style.ASK), (0, style.BID)),
            ],
        )
        .override_by_name(
            "as of",
            [
                *style.unit("suffix: s", 1),
                *style.threshold_properties((None, style.TEXT), (5, style.WARN), (10, style.ASK)),
            ],
        )
    )


def candles() -> Any:
    """Build the candles of the first book of the selection."""
    prices = candle_prices(signals.market.LAST, ONE_MARKET)
    volume = promql.increase(signals.trades.NOTIONAL, MARKET, STEP, ONE_BOOK, ahead=True)
    panel = (
        head(
            candlestick.Panel(),
            "Price and own fills · $one_client $one_exchange $one_symbol $one_account $one_tag",
            "The first book of the selection. A candle is the venue's last price over $interval "
            "(longer where the range has no room for that), labelled at its opening; the last one "
            "is still open. Bars: what the book traded in a candle, in the quote currency. Points: "
            "average price of its buys and sells in a candle. Empty: the market has no trade in "
            "the range.",
        )
        .interval("$interval")
        .mode(candlestick_models.VizDisplayMode.CANDLES_VOLUME)
        .candle_style(candlestick_models.CandleStyle.CANDLES)
        .color_strategy(candlestick_models.ColorStrategy.OPEN_CLOSE)
        .colors(candlestick.CandlestickColors().up(style.BID).down(style.ASK).flat(style.GREY))
        .include_all_fields(True)
        .fields(
            candlestick.CandlestickFieldMap()
            .open("open")
            .high("high")
            .low("low")
            .close("close")
            .volume("volume")
        )
        .unit("none")
        .legend(style.legend())
        .tooltip(style.tooltip())
    )
    names = ("open", "high", "low", "close", "volume")
    exprs = (prices.open, prices.high, prices.low, prices.close, volume)
    for ref, expr in zip("ABCDE", exprs, strict=True):
        panel.with_target(ranged_rows(f"max({expr})", ref))
    for ref, side in (("F", "buy"), ("G", "sell")):
        panel.with_target(ranged(_fill_price(side), ref, f"own {side}s"))
        panel.override_by_name(
            f"own {side}s",
            [
                style.look("custom.drawStyle", "points"),
                style.look("custom.pointSize", 9),
                style.look("custom.showPoints", "always"),
                style.fixed("#00e676" if side == "buy" else "#ff4081"),
            ],
        )
    return panel.with_transformation(
        transformation("joinByField", byField="Time", mode="outer")
    ).with_transformation(
        transformation(
            "organize",
            renameByName={f"Value #{ref}": name for ref, name in zip("ABCDE", names, strict=True)},
        )
    )


def _fill_price(side: str) -> str:
    notional, volume = (
        promql.increase(metric, (), STEP, ONE_BOOK, ahead=True, side=side)
        for metric in (signals.trades.NOTIONAL, signals.trades.VOLUME)
    )
    return f"{notional} / ({volume} > 0)"


def ladder_columns() -> tuple[Column, ...]:
    """List the columns of the ladder of the first book of the selection."""
    side_level = ("side", "level")
    own = promql.live(signals.quotes.LADDER_PRICE, side_level, ONE_BOOK)
    prices = " or ".join(
        (
            own,
            _marker(signals.market.ASK, "ask", "best ask"),
            promql.tidy(_marker(signals.market.REFERENCE_MID, "mid", "fair")),
            _marker(signals.market.BID, "bid", "best bid"),
        )
    )
    mid = f"max({promql.select(signals.market.MID, ONE_MARKET)})"
    bid = promql.live(signals.quotes.LADDER_SIZE, side_level, ONE_BOOK, side="bid")
    ask = promql.live(signals.quotes.LADDER_SIZE, side_level, ONE_BOOK, side="ask")
    cum_bid, cum_ask = (
        promql.cumulative(signals.quotes.LADDER_SIZE, ONE_BOOK, side) for side in ("bid", "ask")
    )
    return (
        Column("cum ", cum_bid, _ladder_size("bid")),
        Column("size ", bid, _ladder_size("bid")),
        Column("bid", _share_of_side(cum_bid, bid), _bar("bid")),
        Column(
            "price",
            prices,
            cell(
                style.unit("string"),
                style.aligned("center"),
                style.width(90),
                style.coloured_text(),
                style.fixed(style.TEXT),
            ),
        ),
        Column("ask", _share_of_side(cum_ask, ask), _bar("ask")),
        Column("size", ask, _ladder_size("ask")),
        Column("cum", cum_ask, _ladder_size("ask")),
        Column(
            "from mid",
            f"1e4 * (({prices}) / on () group_left () {mid} - 1)",
            cell(
                style.unit("suffix: bp", 1),
                style.width(80),
                style.coloured_text(),
                style.threshold_properties((None, style.BID), (0, style.ASK)),
            ),
        ),
    )


def ladder() -> Any:
    """Build the ladder of the first book of the selection."""
    return grid(
        f"Live ladder · {ONE_TITLE}",
        "The first book of the selection: own resting orders as the venue acknowledged them, by "
        "level from the touch, remaining sizes in the base asset; **cum** sums from the touch "
        "outwards, the bar is its share of the side; **from mid** is the distance to the venue's "
        "mid. **best bid**, **best ask**: the venue's; **fair**: the reference mid. As "
        "of: above. Empty: this book has no resting order.",
        keys={"level": "level", "side": "side"},
        columns=ladder_columns(),
        order=("level", "cum ", "size ", "bid", "price", "ask", "size", "cum", "from mid"),
        sort=(("price", True),),
        key_properties={
            "level": cell(
                style.width(84),
                style.fixed(style.GREY),
                style.coloured_text(),
                style.word_properties(
                    {
                        "best ask": ("best ask", style.ASK),
                        "fair": ("fair", style.TARGET),
                        "best bid": ("best bid", style.BID),
                    }
                ),
            )
        },
        empty="no resting order in this book",
    )


def _marker(metric: signals.Signal, side: str, level: str) -> str:
    price = f"max({promql.select(metric, ONE_MARKET)})"
    sided = f'label_replace({price}, "side", "{side}", "", "")'
    return f'label_replace({sided}, "level", "{level}", "", "")'


def _share_of_side(cumulative: str, sizes: str) -> str:
    total = promql.by("sum", ("side",), sizes)
    return f"({cumulative}) / on (side) group_left () {total}"


def _ladder_size(side: str) -> tuple[style.Property, ...]:
    colour, aligned = (style.BID, "right") if side == "bid" else (style.ASK, "left")
    return cell(
        style.fixed(colour),
        style.coloured_text(),
        style.unit("locale"),
        style.aligned(aligned),
        style.hidden_when_empty(),
        style.width(70),
    )


def _bar(side: str) -> tuple[style.Property, ...]:
    return cell(
        style.fixed(style.BID if side == "bid" else style.ASK),
        style.gauge_cell(1, show_value=False),
        style.unit("percentunit"),
        style.width(70),
    )
