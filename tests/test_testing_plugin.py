"""The pytest plugin, as a project of our users has it: installed, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

ENGINE = """
from fortuna_otel import instrument

class Engine:
    def __init__(self):
        self.telemetry = instrument("mm-engine", namespace="desk")
        self.book = self.telemetry.book(
            client="acme", venue="binance", symbol="BTC/USDT", account="mm-1", tag="core"
        )

    def quote(self, bid, ask):
        mid = (bid + ask) / 2
        self.book.quotes.update(bids=[(bid, 1.0)], asks=[(ask, 1.0)], mid=mid)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project with a service, where the environment is that of production."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "production")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=live,team=majors")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    pytester.makepyfile(engine=ENGINE)
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
        'filterwarnings = ["error"]\n'
    )
    return pytester


def run(project: pytest.Pytester, test: str) -> pytest.RunResult:
    """Run a user's test file with the plugins that are installed."""
    project.makepyfile(test_engine=test)
    return project.runpytest_subprocess("-q")


def test_a_user_tests_an_instrumented_service(project: pytest.Pytester) -> None:
    """The service calls `instrument()` as in production; no variable, thread or socket matters."""
    result = run(
        project,
        """
        import socket
        import threading

        import pytest
        from engine import Engine
        from fortuna_otel.signals import quotes
        from opentelemetry import metrics

        def no_network(*args, **kwargs):
            raise AssertionError("network")

        def test_spread(fortuna, monkeypatch):
            monkeypatch.setattr(socket.socket, "connect", no_network)
            before = threading.active_count()
            engine = Engine()
            engine.quote(99.0, 101.0)
            assert engine.telemetry is fortuna.telemetry
            assert fortuna.value(quotes.SPREAD, client="acme") == pytest.approx(0.02)
            assert threading.active_count() == before
            assert "SDK" not in type(metrics.get_meter_provider()).__module__.upper()
            engine.telemetry.provider.get_meter("lib").create_counter("their.calls").add(1)
            assert fortuna.value("their.calls") == 1

        def test_another_starts_from_nothing(fortuna):
            assert fortuna.values(quotes.SPREAD) == {}

        def test_time_is_held(fortuna):
            loop = fortuna.telemetry.heartbeat("quote")
            loop.beat()
            fortuna.clock.advance(90.0)
            assert fortuna.clock.now - fortuna.value("fortuna.heartbeat.timestamp") == 90.0
        """,
    )
    result.assert_outcomes(passed=3)


def test_what_the_service_got_wrong_fails_the_users_test(project: pytest.Pytester) -> None:
    """Telemetry would have kept silent about it; the message says which call, and what is right."""
    result = run(
        project,
        """
        from engine import Engine

        def test_wrong_side(fortuna):
            Engine().book.orders.submitted("long")

        def test_wrong_on_purpose(fortuna):
            Engine().book.orders.submitted("long")
            assert "side='long'" in fortuna.dropped()[0]
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: the telemetry of test is not right:",
            "*dropped as invalid: book(acme, *).orders.submitted: side='long' is none of buy, sell",
        ]
    )


def test_instrument_is_itself_again_afterwards(project: pytest.Pytester) -> None:
    """A test without the fixture gets what production gets; here that is switched off."""
    result = run(
        project,
        """
        from engine import Engine

        def test_with(fortuna):
            assert Engine().telemetry is fortuna.telemetry

        def test_without():
            telemetry = Engine().telemetry
            assert telemetry.service == "mm-engine"
            assert telemetry.instance is None
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_project_that_does_not_ask_for_it_pays_nothing(pytester: pytest.Pytester) -> None:
    """Pytest starts without importing OpenTelemetry or the package."""
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            loaded = {name.partition(".")[0] for name in sys.modules}
            assert not loaded & {"fortuna_otel", "opentelemetry", "google", "structlog"}
            assert "_fortuna_otel_pytest" in loaded
        """
    )
    pytester.runpytest_subprocess("-q", "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_a_service_does_not_import_pytest(tmp_path: Path) -> None:
    """Neither the package nor its testing helpers need what production has not installed."""
    code = "import sys, fortuna_otel, fortuna_otel.testing; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
