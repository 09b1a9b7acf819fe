"""Every public method of every meter against everything that a venue or a bug may hand it."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fortuna_otel.export.registry import NAMED
from fortuna_otel.meters._meter import Meter
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import DropReason
from tests.conformance.arguments import (
    OTHERWISE,
    TRUTH,
    good,
    meters,
    methods,
    owner,
    parameters,
    required,
    wrong,
)
from tests.conformance.strategies import wrong_numbers
from tests.conformance.wire import Desk

if TYPE_CHECKING:
    from tests.conformance.arguments import Method


def dropped(desk: Desk) -> float:
    """Return what was counted as dropped so far, after an export."""
    desk.export()
    counter = desk.telemetry.counter
    return sum(counter(health.TELEMETRY_DROPPED, reason=reason).value for reason in DropReason)


def test_every_kind_of_meter_is_found() -> None:
    """All that a user can import, and nothing is tested by accident of a missing declaration."""
    import fortuna_otel  # noqa: PLC0415

    public = {
        value
        for name in fortuna_otel.__all__
        if inspect.isclass(value := getattr(fortuna_otel, name)) and issubclass(value, Meter)
    }
    assert len(public) >= 10
    assert {type(meter) for meter in meters(Desk().telemetry).values()} >= public
    assert len(methods()) >= 40


@pytest.mark.parametrize("method", methods(), ids=str)
def test_what_cannot_be_taken_is_counted_and_never_raised(
    method: Method, caplog: pytest.LogCaptureFixture
) -> None:
    """Each wrong argument costs that call alone; the next good one is not dropped."""
    desk = Desk()
    call = method.of(desk)
    before = dropped(desk)
    for name, parameter in parameters(call).items():
        for value in wrong(name, parameter):
            call(**{**good(call), name: value})
            after = dropped(desk)
            told = OTHERWISE.get(owner(call)) == name
            assert told or after > before, f"{name}={_shown(value)} was not counted"
            call(**good(call))
            settled = dropped(desk)
            again = dropped(desk)
            assert again == settled, f"after {name}={_shown(value)} good calls are dropped"
            before = again
    _at_most_one_line_a_minute(caplog, desk)


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.40}"
    except Exception:  # noqa: BLE001  # that is its point
        return type(value).__name__


@pytest.mark.parametrize("method", [m for m in methods() if m.path and m.name != "turn"], ids=str)
def test_a_call_of_the_wrong_shape_is_counted_and_never_raised(method: Method) -> None:
    """Arguments that are missing, too many, or of another name."""
    desk = Desk()
    call = method.of(desk)
    before = dropped(desk)
    arguments = good(call)
    shapes: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((), {**arguments, "colour": "blue"}),
        ((1,) * (len(parameters(call)) + 1), {}),
    ]
    if any(name in parameters(call) and required(call, name) for name in arguments):
        shapes.append(((), {}))  # all that are required are missing
    for positional, named in shapes:
        call(*positional, **named)
        after = dropped(desk)
        assert after > before
        before = after


@pytest.mark.parametrize("method", methods(), ids=str)
def test_truth_may_be_anything(method: Method) -> None:
    """Where truth is expected anything has some, or is counted."""
    desk = Desk()
    call = method.of(desk)
    for name, parameter in parameters(call).items():
        if str(parameter.annotation).startswith("bool"):
            for value in (*TRUTH, np.array([1.0, 2.0])):
                call(**{**good(call), name: value})
    assert desk.export(), "and what is exported can be read"


@pytest.mark.parametrize(
    "value", [None, "book", 7, object()], ids=["none", "text", "int", "object"]
)
@pytest.mark.parametrize("name", ["attach", "replace"])
def test_a_wrong_declaration_says_so(name: str, value: Any) -> None:
    """These are for the start of a service: an error there is found at once, and in words."""
    declare = getattr(meters(Desk().telemetry)["obligation"], name)
    with pytest.raises((TypeError, ValueError), match=r"\w \w"):
        declare(value)


def test_cells_take_anything(caplog: pytest.LogCaptureFixture) -> None:
    """What is no number is counted when it is exported, and the cell works on."""
    desk = Desk()
    telemetry = desk.telemetry
    gauge = telemetry.exposure(client="acme", asset="A")
    counter = telemetry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    histogram = telemetry.histogram(health.LOOP_DURATION, loop="q")
    before = dropped(desk)
    for value in (None, *wrong_numbers()):
        for write in (gauge.set, counter.add, histogram.record):
            write(value)
            after = dropped(desk)
            assert after > before, f"{write} took {_shown(value)}"
            gauge.end()
            before = dropped(desk)
    assert counter.value == 0.0
    assert sum(histogram.counts) == 0
    _at_most_one_line_a_minute(caplog, desk)


@pytest.mark.parametrize("value", [True, False, np.bool_(True)])
def test_truth_is_a_number_for_a_histogram_whatever_comes_with_it(value: Any) -> None:
    """One observation is judged by itself, not by its neighbours of the same second."""
    counts = []
    for company in ([], ["no number"]):
        desk = Desk()
        histogram = desk.telemetry.histogram(health.LOOP_DURATION, loop="q")
        for observed in (value, *company):
            histogram.record(observed)
        desk.export()
        counts.append(sum(histogram.counts))
    assert counts[0] == counts[1]


def _at_most_one_line_a_minute(caplog: pytest.LogCaptureFixture, desk: Desk) -> None:
    """Each reason is logged once a minute of the desk's clock, each refused family once."""
    minutes = (desk.clock.monotonic() - 1000.0) / 60.0 + 1.0
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("fortuna_otel") and record.levelno >= logging.WARNING
    ]
    for reason in DropReason:
        said = [line for line in lines if line.startswith(f"dropped ({reason})")]
        assert len(said) <= (NAMED + 1) * minutes
    refused = [line for line in lines if "was refused" in line]
    assert len(refused) <= 3 * minutes
    assert all(len(line) < 1000 for line in lines), "a wrong value must not fill the log by itself"
