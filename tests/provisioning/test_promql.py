"""PromQL idioms: what they refuse, and what Prometheus' own engine answers to them."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.interpolate import queries
from fortuna_otel.provisioning.variables import INTERVALS
from tests.provisioning.evaluation import Series, check_parses, evaluate

BOOK = {"client": "acme", "venue": "okx", "symbol": "BTC/USDT", "account": "a", "tag": "core"}


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
    """Prometheus' own parser accepts every query, with several values, one, and each interval."""
    one = {
        name: values[:1] if isinstance(values, list) else values for name, values in several.items()
    }
    chosen = [several, one, *({**several, "interval": width} for width in INTERVALS)]
    check_parses([query.expr for values in chosen for query in queries(board, values)])


def test_a_moved_process_does_not_double_a_gauge() -> None:
    """Two instances report one position for a while: it counts once."""
    series = [
        Series(signals.trades.POSITION_SIZE, "100+0x60", **BOOK, instance=instance)
        for instance in ("old", "new")
    ]
    expr = f"sum({promql.live(signals.trades.POSITION_SIZE, promql.BOOK)})"
    assert evaluate(expr, series) == {(): 100.0}


def told(values: dict[str, str], shown: str, signal: signals.Signal, **labels: str) -> list[Series]:
    """What engine and watcher tell of a book, and whose word is shown."""
    return [
        *(
            Series(signal, told, **BOOK, **labels, source=source, job="desk", instance=source)
            for source, told in values.items()
        ),
        Series(recorded.BOOK_VIEW, "1+0x60", **BOOK, source=shown, job="desk", instance=shown),
    ]


def test_a_book_is_read_from_the_one_view_that_counts() -> None:
    """The engine's larger figure is not shown beside a watcher's, whatever the aggregator."""
    expr = promql.live(signals.quotes.LIQUIDITY, promql.BOOK, side="bid")
    both = {"engine": "100+0x60", "venue": "40+0x60"}
    for shown, value in (("venue", 40), ("engine", 100)):
        series = told(both, shown, signals.quotes.LIQUIDITY, side="bid")
        assert set(evaluate(expr, series).values()) == {value}


def test_what_the_chosen_view_does_not_see_is_not_taken_from_another() -> None:
    """A level of the ladder that only the engine believes in is not at the venue."""
    series = [
        *told(
            {"engine": "9+0x60", "venue": "9+0x60"}, "venue", signals.quotes.LADDER_SIZE, level="1"
        ),
        *told({"engine": "5+0x60"}, "venue", signals.quotes.LADDER_SIZE, level="2")[:1],
    ]
    found = evaluate(promql.live(signals.quotes.LADDER_SIZE, ("level",)), series)
    assert found == {(("level", "1"),): 9.0}


def test_an_average_is_of_the_view_that_counts_now() -> None:
    """Two views are never averaged with each other."""
    both = {"engine": "100+0x60", "venue": "0+1x60"}
    series = told(both, "venue", signals.quotes.SPREAD)
    expr = promql.averaged(signals.quotes.SPREAD, promql.BOOK, (), "10s")
    assert set(evaluate(expr, series).values()) == {55.5}


def test_one_source_can_still_be_asked_for() -> None:
    """To compare the two, each is read by its name."""
    both = {"engine": "100+0x60", "venue": "40+0x60"}
    series = told(both, "venue", signals.quotes.SPREAD)
    expr = promql.live(signals.quotes.SPREAD, ("source",))
    assert evaluate(expr, series) == {
        (("source", "engine"),): 100.0,
        (("source", "venue"),): 40.0,
    }


def test_recorded_series_are_read_over_as_long_as_they_take() -> None:
    """A minute's series is still there 59 s later; a label no rule gives it breaks generation."""
    held = recorded.KPI_INVENTORY_VALUE
    expr = promql.live(held, ("client",), currency="USD")
    series = [Series(held, "7 _x59", client="acme", currency="USD")]
    assert evaluate(expr, series, at="59s") == {(("client", "acme"),): 7.0}
    assert promql.live(recorded.BOOK, ("client",)) == "max by (client) (fortuna:book)"
    with pytest.raises(ValueError, match="fortuna:kpi:inventory_value has no label 'venue'"):
        promql.select(held, venue="binance")


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


def test_amounts_are_converted_by_their_own_currency(
    several: dict[str, str | list[str]],
) -> None:
    """USDT and BTC amounts meet in the reference currency; one without a rate is left out."""
    amounts = [
        Series(signals.quotes.LIQUIDITY, f"{amount}+0x60", quote=quote)
        for quote, amount in (("USDT", 1000), ("BTC", 2), ("XYZ", 5))
    ]
    rates = [
        Series(recorded.QUOTE_RATE, f"{rate}+0x60", quote=quote, currency=currency)
        for quote, currency, rate in (
            ("USDT", "USD", 0.99),
            ("BTC", "USD", 60000),
            ("BTC", "EUR", 1),
        )
    ]
    expr = promql.in_reference(promql.live(signals.quotes.LIQUIDITY, ("quote",)), "quote")
    series = [*amounts, *rates, Series(recorded.BOOK_VIEW, "1+0x60")]
    assert evaluate(f"sum({expr})", series, several) == {(): pytest.approx(120_990)}


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


def test_a_view_is_as_old_as_its_own_confirmation() -> None:
    """The watcher's is shown, 3 s old; the engine's of 1 s ago counts once no view is shown."""
    book = {"client": "acme", "venue": "okx", "symbol": "s", "account": "a", "tag": "t"}
    told = {"engine": "59+0x60", "venue": "57+0x60"}
    series = [
        Series(signals.quotes.UPDATED_TIMESTAMP, at, **book, job=source, source=source)
        for source, at in told.items()
    ]
    view = Series(recorded.BOOK_VIEW, "1+0x60", **book, job="venue", source="venue")
    age = promql.confirmed(signals.quotes.UPDATED_TIMESTAMP, ())
    assert list(evaluate(age, [*series, view]).values()) == [3]
    assert list(evaluate(age, series).values()) == [1]


def test_cumulative_size_runs_from_the_touch() -> None:
    """Each level holds everything nearer to the touch, and there are only levels with orders."""
    sizes = [
        Series(signals.quotes.LADDER_SIZE, f"{size}+0x60", side="bid", level=str(level))
        for level, size in enumerate((1, 2, 4), start=1)
    ]
    sizes.append(Series(signals.quotes.LADDER_SIZE, "8+0x60", side="ask", level="1"))
    sizes.append(Series(recorded.BOOK_VIEW, "1+0x60"))
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


def test_of_several_states_the_worst_is_believed() -> None:
    """Two services hear an exchange differently; a third one says nothing of another."""
    told = [
        ("desk/a", "binance", "ok"),
        ("desk/b", "binance", "down"),
        ("desk/a", "okx", "ok"),
    ]
    states = ("down", "ok")
    series = [
        Series(
            signals.market.VENUE_STATUS,
            f"{int(status == state)}+0x60",
            job=job,
            venue=venue,
            status=state,
        )
        for job, venue, status in told
        for state in states
    ]
    expr = promql.coded(signals.market.VENUE_STATUS, "status", enumerate(states, 1), ("venue",))
    found = evaluate(expr, series)
    assert {dict(labels)["venue"]: code for labels, code in found.items()} == {
        "binance": 1,
        "okx": 2,
    }
