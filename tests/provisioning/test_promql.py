"""PromQL idioms: what they refuse, and what Prometheus' own engine answers to them."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import signals
from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.interpolate import queries
from tests.provisioning.evaluation import Series, check_parses, evaluate


def test_unknown_label_breaks_generation() -> None:
    """A label that was renamed in the registry is named in the error."""
    with pytest.raises(ValueError, match="has no label 'exchange'"):
        promql.select(signals.quotes.BID, exchange="binance")
    with pytest.raises(ValueError, match="has no label 'asset'"):
        promql.live(signals.quotes.BID, ("asset",))


def test_impossible_value_breaks_generation() -> None:
    """A resting order has a side bid or ask, never buy."""
    with pytest.raises(ValueError, match="never has side='buy'"):
        promql.select(signals.quotes.LADDER_SIZE, side="buy")


def test_kinds_are_not_mixed_up() -> None:
    """No rate of a gauge, no bare counter."""
    with pytest.raises(ValueError, match="is a gauge"):
        promql.increase(signals.quotes.BID, promql.MARKET, "1m")
    with pytest.raises(ValueError, match="is a counter"):
        promql.live(signals.trades.VOLUME, promql.MARKET)
    with pytest.raises(ValueError, match="is a counter"):
        promql.age(signals.trades.VOLUME, promql.MARKET)


def test_every_query_of_the_board_parses(
    board: dict[str, Any], several: dict[str, str | list[str]]
) -> None:
    """Prometheus' own parser accepts every query, with several values and with one."""
    one = {
        name: values[:1] if isinstance(values, list) else values for name, values in several.items()
    }
    check_parses(
        [query.expr for values in (several, one) for query in queries(board, values)],
    )


def test_a_moved_process_does_not_double_a_gauge() -> None:
    """Two instances report one book for a while: it counts once."""
    book = {"client": "acme", "venue": "okx", "symbol": "BTC/USDT", "account": "a", "tag": "core"}
    series = [
        Series(signals.quotes.LIQUIDITY, "100+0x60", **book, side="bid", instance=instance)
        for instance in ("old", "new")
    ]
    expr = f"sum({promql.live(signals.quotes.LIQUIDITY, (*promql.BOOK, 'side'))})"
    assert evaluate(expr, series) == {(): 100.0}


def test_counters_of_a_moved_process_are_added() -> None:
    """What two processes counted one after the other is the day's sum."""
    series = [
        Series(signals.trades.FILLS, "0+1x60", venue="okx", side="buy", instance="old"),
        Series(signals.trades.FILLS, "0+1x60", venue="okx", side="buy", instance="new"),
    ]
    gained = evaluate(promql.increase(signals.trades.FILLS, ("venue",), "60s"), series)
    assert gained == {(("venue", "okx"),): pytest.approx(120)}


def test_two_sources_of_one_counter_are_not_added() -> None:
    """Engine and watcher saw the same seconds; the one that saw more is believed."""
    series = [
        Series(signals.obligations.OBSERVED_TIME, "0+1x60", mandate="m", source="engine"),
        Series(signals.obligations.OBSERVED_TIME, "0+0.5x60", mandate="m", source="venue"),
    ]
    expr = promql.increase(signals.obligations.OBSERVED_TIME, ("mandate",), "60s")
    assert evaluate(expr, series) == {(("mandate", "m"),): pytest.approx(60)}


def test_gain_less_loss_may_be_negative() -> None:
    """A signed sum is the difference of two counters."""
    series = [
        Series(signals.trades.PNL_REALIZED, "0+1x60", quote="USDT", direction="gain"),
        Series(signals.trades.PNL_REALIZED, "0+3x60", quote="USDT", direction="loss"),
    ]
    expr = promql.gain_less_loss(signals.trades.PNL_REALIZED, ("quote",), "60s")
    assert evaluate(expr, series) == {(("quote", "USDT"),): pytest.approx(-120)}


def test_amounts_are_converted_by_their_own_currency(
    several: dict[str, str | list[str]],
) -> None:
    """USDT and BTC amounts meet in the reference currency; one without a rate is left out."""
    amounts = [
        Series(signals.quotes.LIQUIDITY, f"{amount}+0x60", quote=quote)
        for quote, amount in (("USDT", 1000), ("BTC", 2), ("XYZ", 5))
    ]
    rates = [
        Series(
            signals.market.REFERENCE_RATE,
            f"{rate}+0x60",
            asset=asset,
            currency=currency,
            provider="desk",
        )
        for asset, currency, rate in (
            ("USDT", "USD", 0.99),
            ("BTC", "USD", 60000),
            ("BTC", "EUR", 1),
        )
    ]
    expr = promql.in_reference(promql.live(signals.quotes.LIQUIDITY, ("quote",)), "quote")
    assert evaluate(f"sum({expr})", [*amounts, *rates], several) == {(): pytest.approx(120_990)}


def test_a_count_is_zero_only_where_there_is_something_to_judge() -> None:
    """Nothing bad among two is 0; nothing bad among none is no answer."""
    two = [Series(signals.quotes.SPREAD, f"{value}+0x60", tag=str(value)) for value in (1, 2)]
    spread = signals.quotes.SPREAD.prometheus
    expr = promql.count_of(f"{spread} > 5", spread)
    assert evaluate(expr, two) == {(): 0}
    assert evaluate(promql.count_of(f"{spread} > 1", spread), two) == {(): 1}
    assert evaluate(expr, []) == {}


def test_age_goes_on_after_the_process_ended() -> None:
    """The last heartbeat is remembered, so that silence can be seen."""
    series = [Series(signals.health.HEARTBEAT_TIMESTAMP, "10 stale", loop="quote")]
    expr = promql.age(signals.health.HEARTBEAT_TIMESTAMP, ("loop",))
    assert evaluate(expr, series) == {(("loop", "quote"),): 50.0}


def test_terms_outlive_their_exporter() -> None:
    """A mandate is still in force while the process that exports it restarts."""
    series = [Series(signals.mandates.SPREAD_MAX, "0.004 stale", mandate="m")]
    expr = promql.term(signals.mandates.SPREAD_MAX, ("mandate",))
    assert evaluate(expr, series) == {(("mandate", "m"),): 0.004}


def looking_back(expr: str) -> str:
    """Evaluate at 0 s with everything until 60 s known, as a chart does for its older points."""
    return f"last_over_time(({expr})[1s:1s] offset 60s)"


def test_candles_are_labelled_at_their_opening() -> None:
    """The sample at the label opens the candle and counts in its high and low."""
    # Seconds 0, 1, 2 …: 100 at the opening, then up to 105 and down to 98, closing at 101.
    prices = [Series(signals.market.LAST, "100 103 105 98 101 150", venue="okx", symbol="s")]
    candles = promql.candles(signals.market.LAST, (), "4s")
    found = {
        name: evaluate(looking_back(getattr(candles, name)), prices)
        for name in ("open", "high", "low", "close")
    }
    key = (("symbol", "s"), ("venue", "okx"))
    assert found == {
        "open": {key: 100},
        "high": {key: 105},
        "low": {key: 98},
        "close": {key: 101},
    }


def test_a_candle_that_only_falls_is_as_high_as_its_opening() -> None:
    """Windows are open on the left: without the fold the high would lie below the opening."""
    prices = [Series(signals.market.LAST, "100 99 98 97 96", venue="okx", symbol="s")]
    candles = promql.candles(signals.market.LAST, (), "4s")
    assert set(evaluate(looking_back(candles.high), prices).values()) == {100}


def test_cumulative_size_runs_from_the_touch() -> None:
    """Each level holds everything nearer to the touch, and there are only levels with orders."""
    sizes = [
        Series(signals.quotes.LADDER_SIZE, f"{size}+0x60", side="bid", level=str(level))
        for level, size in enumerate((1, 2, 4), start=1)
    ]
    sizes.append(Series(signals.quotes.LADDER_SIZE, "8+0x60", side="ask", level="1"))
    found = evaluate(promql.cumulative(signals.quotes.LADDER_SIZE, (), "bid"), sizes)
    assert found == {
        (("level", str(level)), ("side", "bid")): total
        for level, total in enumerate((1, 3, 7), start=1)
    }


def test_quantiles_come_from_the_buckets_of_all_accounts() -> None:
    """The median of ten fast and ten slow orders lies at the bound between them."""
    bound = signals.orders.ACK_DURATION.buckets[5]
    wide = signals.orders.ACK_DURATION.buckets[6]
    series = [
        Series(
            signals.orders.ACK_DURATION,
            values,
            suffix="_bucket",
            le=le,
            account=account,
        )
        for account in ("a", "b")
        for le, values in ((f"{bound:g}", "0+5x60"), (f"{wide:g}", "0+10x60"), ("+Inf", "0+10x60"))
    ]
    expr = promql.quantile(signals.orders.ACK_DURATION, 0.5, (), "60s", ())
    assert evaluate(expr, series) == {(): pytest.approx(bound)}
