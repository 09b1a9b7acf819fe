"""What end-to-end tests run on: the real binaries, started once, ended by their own handles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.desk import Desk
from tests.e2e.pipeline import Pipeline, PromQL, Receiver
from tests.e2e.stores import Stores
from tools.build import BuildError, build_all
from tools.catalogue import named

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

LOGS = pytest.StashKey[list[Any]]()


@pytest.fixture(scope="session")
def pipeline(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Pipeline]:
    """Collector, Prometheus and Alertmanager of one host, running."""
    try:
        pipeline = Pipeline(tmp_path_factory.mktemp("pipeline"))
    except BuildError as error:
        pytest.fail(str(error), pytrace=False)
    _show_logs(request, pipeline)
    with pipeline:
        yield pipeline


@pytest.fixture
def whole(pipeline: Pipeline) -> Iterator[Pipeline]:
    """The pipeline for a test that breaks it: whole before, and whole again afterwards."""
    pipeline.restore()
    yield pipeline
    pipeline.restore()


@pytest.fixture
def promql(pipeline: Pipeline) -> PromQL:
    """Questions to the pipeline's Prometheus."""
    return pipeline.prometheus


@pytest.fixture
def receiver(pipeline: Pipeline) -> Receiver:
    """The other end of the pipeline's Slack, PagerDuty and webhook notifications."""
    return pipeline.receiver


@pytest.fixture(scope="module")
def stores(
    pipeline: Pipeline,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Stores]:
    """A Collector before both stores; Mimir is built where it is not there yet."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():  # minutes, the first time: say what is going on
            build_all([named("mimir")])
        stores = Stores(tmp_path_factory.mktemp("stores"), pipeline.prometheus)
    except BuildError as error:
        pytest.fail(str(error), pytrace=False)
    with stores:
        yield stores


@pytest.fixture(scope="session")
def desk(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """The whole demonstration desk, trading, with data on every open panel."""
    desk = Desk(tmp_path_factory.mktemp("desk") / "run")
    _show_logs(request, desk)
    try:
        yield desk.wait_ready()
    finally:
        desk.stop()


def _show_logs(request: pytest.FixtureRequest, source: Pipeline | Desk) -> None:
    request.config.stash.setdefault(LOGS, []).append(source)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put the end of every component's log under a failed test."""
    report: Any = yield
    if report.failed:
        for source in item.config.stash.get(LOGS, []):
            report.sections.append((f"logs of {type(source).__name__.lower()}", source.logs()))
    return report
