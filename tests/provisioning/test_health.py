"""Feeds and services: silence is seen, and never hidden by somebody who is well."""

from __future__ import annotations

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import general, health
from tests.provisioning.evaluation import Series, evaluate

SELECTED = {
    "client": ["acme", "globex"],
    "exchange": ["binance"],
    "symbol": ["A/USDT"],
    "account": ["mm"],
    "tag": ["core"],
}


def expected(service: str, loop: str = "quote") -> Series:
    """A loop the mandates expect."""
    return Series(signals.mandates.SERVICE, "1+0x60", service=service, loop=loop, client="acme")


def beating(job: str, values: str = "0+1x60", loop: str = "quote") -> Series:
    """A heartbeat: by default the loop beats each second."""
    return Series(signals.health.HEARTBEAT_TIMESTAMP, values, job=job, loop=loop)


def silent(series: list[Series]) -> set[str]:
    """Names of the services that are silent."""
    return {
        dict(labels)["service"] for labels in evaluate(health.silent_services(), series, SELECTED)
    }


def test_a_beating_service_is_not_silent() -> None:
    """Its mandate names it by the job that Prometheus gives it."""
    assert silent([expected("desk/mm"), beating("desk/mm")]) == set()


def test_a_hung_loop_is_silent_although_the_process_exports() -> None:
    """The value of the heartbeat stands still while its samples go on."""
    assert silent([expected("desk/mm"), beating("desk/mm", "50+0x60")]) == {"desk/mm"}


def test_one_hung_loop_of_two_is_enough() -> None:
    """A loop that beats must not hide one that does not."""
    loops = [expected("desk/mm"), expected("desk/mm", "hedge")]
    hung = beating("desk/mm", "50+0x60", loop="hedge")
    assert silent([*loops, beating("desk/mm"), hung]) == {"desk/mm"}


def test_a_service_that_never_started_is_silent() -> None:
    """There is no series to be stale: the expectation alone finds it."""
    assert silent([expected("desk/mm"), expected("desk/rates"), beating("desk/mm")]) == {
        "desk/rates"
    }


def test_a_fresh_process_does_not_hide_an_engine_on_a_dead_feed() -> None:
    """Each obligation shows the feed of the engine that holds its book."""
    market = {"venue": "binance", "symbol": "A/USDT"}
    series = []
    for client, job, alive in (("acme", "fresh", "0+1x60"), ("globex", "hung", "0+0x60")):
        book = {"client": client, "account": "mm", "tag": "core", **market}
        process = {"job": job, "instance": f"host/{job}"}
        series += [
            Series(recorded.BOOK, "1+0x60", **book),
            Series(signals.quotes.BOOK_INFO, "1+0x60", **book, **process),
            Series(
                signals.market.FEED_ALIVE_TIMESTAMP,
                alive,
                venue="binance",
                stream="book",
                **process,
            ),
        ]
    ages = evaluate(health.feed_age_by_market(), series, SELECTED)
    by_client = {dict(labels)["client"]: age for labels, age in ages.items()}
    assert by_client == {"acme": 0, "globex": 60}


def test_the_worst_connection_of_an_engine_counts() -> None:
    """Trades that flow must not hide an order book that hangs."""
    process = {"job": "engine", "instance": "host/engine"}
    book = {
        "client": "acme",
        "venue": "binance",
        "symbol": "A/USDT",
        "account": "mm",
        "tag": "core",
    }
    series = [
        Series(recorded.BOOK, "1+0x60", **book),
        Series(signals.quotes.BOOK_INFO, "1+0x60", **book, **process),
    ]
    series += [
        Series(
            signals.market.FEED_ALIVE_TIMESTAMP, values, venue="binance", stream=stream, **process
        )
        for stream, values in (("trades", "0+1x60"), ("book", "0+0.5x60"))
    ]
    (age,) = evaluate(health.feed_age_by_market(), series, SELECTED).values()
    assert age == pytest.approx(30)


def test_a_restarted_engine_is_judged_by_its_feeds_of_now() -> None:
    """The process before it is over; of one that has no successor the last frame goes on aging."""
    ended, began = ("1+0x20 stale", "0+1x20"), ("_x30 1+0x30", "_x30 29+1x30")
    series = []
    for client, runs in (("acme", {"a": ended, "b": began}), ("globex", {"c": ended})):
        book = {"client": client, "venue": "binance", "symbol": "A/USDT"}
        books = {**book, "account": "mm", "tag": "core"}
        series.append(Series(recorded.BOOK, "1+0x60", **books))
        for instance, (bound, alive) in runs.items():
            process = {"job": client, "instance": instance}
            feed = {"venue": "binance", "stream": "book", **process}
            series += [
                Series(signals.quotes.BOOK_INFO, bound, **books, **process),
                Series(signals.market.FEED_ALIVE_TIMESTAMP, alive, **feed),
            ]
    ages = evaluate(health.feed_age_by_market(), series, SELECTED)
    by_client = {dict(labels)["client"]: age for labels, age in ages.items()}
    assert by_client == {"acme": 1, "globex": 40}


def test_a_venue_is_ok_only_if_every_service_says_so() -> None:
    """As the table of exchanges has it: of several that ask, the worst is believed."""
    series = [
        Series(signals.market.VENUE_STATUS, f"{value}+0x60", venue=venue, status=status, job=job)
        for venue, status, job, value in (
            ("binance", "ok", "mm-1", 1),
            ("binance", "maintenance", "mm-1", 0),
            ("okx", "ok", "mm-1", 1),
            ("okx", "ok", "mm-2", 0),
            ("okx", "post_only", "mm-2", 1),
        )
    ]
    found = evaluate(general.venues_not_ok(), series, {"exchange": ["binance", "okx"]})
    assert list(found.values()) == [1]


def test_service_states_cover_every_state_a_service_can_say() -> None:
    """A new state in the registry must get a colour and a place here."""
    said = {name for code, (name, _) in health.SERVICE_STATES.items() if code}
    assert said == set(signals.health.SERVICE_STATE.values("state") or ())
