"""Faults run at once where they may, are mended whatever happens, and are judged by what came."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk.campaign import run
from examples.desk.campaign.fault import EVERYTHING, Fault, Told, clients
from examples.desk.campaign.run import Campaign, rows
from examples.desk.faults import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLD = Told("Wide", {"client": "acme"}, "acme is wide")


class FakeScene:
    """A desk on which a fault is told as soon as it is in."""

    def __init__(self) -> None:
        self.inbox: list[dict[str, Any]] = []
        self.dismissed = False

    def pages(self, since: float) -> list[dict[str, Any]]:
        """What arrived after a Unix time."""
        return [page for page in self.inbox if page["time"] > since]

    def tell(self, client: str, status: str, receivers: tuple[str, ...]) -> None:
        """Let a message arrive."""
        for name in receivers:
            body: dict[str, Any] = {"dedup_key": client, "routing_key": "pagerduty-routing-key"}
            if name == "webhook":
                labels = {"client": client, "severity": "page", "owner": "desk"}
                notes = dict.fromkeys(("description", "context", "action"), "x") | {
                    "summary": f"{client} is wide",
                    "runbook_url": "/runbooks/Wide",
                    "dashboard_url": "/d/fortuna",
                }
                alert = {"labels": labels, "annotations": notes, "startsAt": "2026-11-22T22:00:00Z"}
                body = {"alerts": [alert]}
            self.inbox.append(
                {
                    "time": time.time(),
                    "receiver": name,
                    "status": status,
                    "alert": "Wide",
                    "severity": "page",
                    "text": f"{client} is wide",
                    "body": body,
                }
            )

    def dismiss(self) -> None:
        """End the actors."""
        self.dismissed = True


ALL = ("slack", "pagerduty", "webhook")


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> FakeScene:
    """A desk that answers at once."""
    monkeypatch.setattr(run, "APART_SECONDS", 0.0)
    monkeypatch.setattr(run, "CALM_SECONDS", 0.0)
    return FakeScene()


def fault(
    scene: FakeScene, client: str = "acme", told: tuple[Told, ...] = (TOLD,), **more: Any
) -> Fault:
    """A fault of one client, told to everybody, or first to some alone."""
    first = more.pop("first", ALL)

    def inject(_scene: Any) -> Iterator[None]:
        """Make it wide."""
        scene.tell(client, "firing", first)
        yield
        scene.tell(client, "resolved", ALL)

    settings = {"touches": clients(client), "seconds": 2.0, "settle": 2.0}
    return Fault(client, inject, told, **{**settings, **more})


def outcomes(scene: FakeScene, *faults: Fault) -> Any:
    """Run a campaign."""
    return Campaign(scene, lambda _: None).run(faults)  # type: ignore[arg-type]


def test_a_good_row(scene: FakeScene) -> None:
    """Told to all, over for all, nothing else: no problems, and its times."""
    [outcome] = outcomes(scene, fault(scene))
    assert outcome.problems() == []
    [row] = rows([outcome])
    assert row["receivers"] == ["pagerduty-routing-key", "slack", "webhook"]
    assert 0.0 <= row["injected_to_told"] < 2.0
    assert row["healed_to_resolved"] is not None
    assert (row["about"], row["extra"], row["line"]) == ("Make it wide.", 0, "acme is wide")
    assert scene.dismissed


def test_a_receiver_that_was_not_told_is_a_problem(scene: FakeScene) -> None:
    """And which one."""
    [outcome] = outcomes(scene, fault(scene, first=("slack", "webhook")))
    assert outcome.problems() == ["Wide did not reach pagerduty-routing-key"]


def test_what_nobody_expected_belongs_to_whom_it_names(scene: FakeScene) -> None:
    """Two faults at once: the message too many is the one's that it is about."""
    both = outcomes(scene, fault(scene), fault(scene, "globex", told=(), seconds=0.5, settle=0.2))
    assert both[0].problems() == []
    assert both[1].problems() == [
        f"also told: Wide ({status}, {name}): globex is wide"
        for status in ("firing", "resolved")
        for name in ("pagerduty-routing-key", "slack", "webhook")
    ]
    assert rows(both)[1]["alert"] is None


def test_a_fault_that_cannot_be_tried_fails_alone(scene: FakeScene) -> None:
    """The others go on."""

    def broken(_scene: Any) -> Iterator[None]:
        """Not possible."""
        raise FaultError("no such engine")
        yield

    bad = Fault("bad", broken, (TOLD,), clients("globex"))
    tried = outcomes(scene, bad, fault(scene))
    assert "no such engine" in tried[0].problems()
    assert tried[1].problems() == []


def test_what_touches_the_same_comes_one_after_another(scene: FakeScene) -> None:
    """What touches everything comes alone; what touches different things comes at once."""
    running: set[str] = set()
    seen: list[set[str]] = []
    lock = threading.Lock()

    def busy(name: str, touches: frozenset[str]) -> Fault:
        def inject(_scene: Any) -> Iterator[None]:
            """Be busy."""
            with lock:
                running.add(name)
                seen.append(set(running))
            time.sleep(0.3)
            yield
            with lock:
                running.discard(name)

        return Fault(name, inject, (), touches, seconds=0.1, settle=0.0)

    acme, globex = clients("acme"), clients("globex")
    outcomes(scene, busy("a", acme), busy("b", acme), busy("c", globex), busy("all", EVERYTHING))
    assert {"a", "c"} in seen
    assert not any({"a", "b"} <= together for together in seen)
    assert {"all"} in seen


def test_what_breaks_everything_answers_for_its_time(scene: FakeScene) -> None:
    """Whoever a message names: nothing else was broken then. It is prepared before it is timed."""
    prepared: list[float] = []

    def inject(_scene: Any) -> Iterator[None]:
        """Break everything."""
        scene.tell("globex", "firing", ("slack",))
        yield

    whole = Fault(
        *("all", inject, (), EVERYTHING, 0.5, 0.2), prepare=lambda _: prepared.append(time.time())
    )
    first, second = outcomes(scene, fault(scene, "globex", told=(), first=(), seconds=0.1), whole)
    assert second.problems() == ["also told: Wide (firing, slack): globex is wide"]
    assert "globex is wide" not in str([one for one in first.problems() if "firing" in one])
    assert prepared[0] <= second.injected


def test_a_name_is_not_found_within_another() -> None:
    """`desk/mm-1` is not `desk/mm-10`, nor is one client a part of another's account."""
    one = Fault("x", lambda _: iter(()), (), frozenset({"job:desk/mm-1"}))
    assert one.named("A", "desk/mm-1 is silent")
    assert not one.named("A", "desk/mm-10 is silent")
