"""Names in the store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.signals.prometheus import metric_name


# Answers of Prometheus 3.14 (its otlptranslator v1.0.0), noted down.
@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("fortuna.quote.bid", "{quote}", "gauge", "fortuna_quote_bid"),
        ("fortuna.quote.spread", "1", "gauge", "fortuna_quote_spread_ratio"),
        ("fortuna.margin.ratio", "1", "gauge", "fortuna_margin_ratio"),
        ("fortuna.heartbeat.timestamp", "s", "gauge", "fortuna_heartbeat_timestamp_seconds"),
        (
            "fortuna.obligation.kept.time",
            "s",
            "counter",
            "fortuna_obligation_kept_time_seconds_total",
        ),
        ("fortuna.trade.fills", "{fill}", "counter", "fortuna_trade_fills_total"),
        ("fortuna.markout.squared", "{quote^2}", "counter", "fortuna_markout_squared_total"),
        ("fortuna.orders.ack.duration", "s", "histogram", "fortuna_orders_ack_duration_seconds"),
        ("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"),
        ("requests.count", "1", "counter", "requests_count_total"),
        ("memory.usage", "By", "gauge", "memory_usage_bytes"),
        ("throughput", "By/s", "gauge", "throughput_bytes_per_second"),
        ("requests", "1/s", "counter", "requests_per_second_total"),
        ("custom.metric", "By/{custom}", "gauge", "custom_metric_bytes"),
        ("requests_total", "", "counter", "requests_total"),
        ("total.requests", "", "counter", "requests_total"),
        ("ratio.of.hits", "1", "gauge", "of_hits_ratio"),
        ("seconds.of.silence", "s", "gauge", "seconds_of_silence"),
        ("a__b..c", "", "gauge", "a_b_c"),
        ("9.lives", "", "gauge", "_9_lives"),
        ("fan", "rpm", "gauge", "fan_rpm"),
    ],
)
def test_a_name_is_translated_as_prometheus_does(
    name: str, unit: str, kind: str, expected: str
) -> None:
    """Dots, units and types become the words that Prometheus 3.14 makes of them."""
    assert metric_name(name, unit, kind) == expected


@given(
    st.from_regex(r"[a-zA-Z0-9_.\-/é]{1,40}", fullmatch=True).filter(
        lambda name: any(letter.isascii() and letter.isalnum() for letter in name)
    ),
    st.sampled_from(["s", "1", "By", "{order}", ""]),
    st.sampled_from(["gauge", "counter", "histogram"]),
)
def test_a_translated_name_is_valid_and_stays(name: str, unit: str, kind: str) -> None:
    """Any name becomes a legal one, and translating that again changes nothing."""
    translated = metric_name(name, unit, kind)
    assert all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in translated)
    assert not translated[0].isdigit()
    assert metric_name(translated, unit, kind).removeprefix("_") == translated.removeprefix("_")
