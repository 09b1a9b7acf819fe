"""The fault campaign: each fault pages once, to the right receivers, and nothing else does.

These are the faults that the desk fears most, within minutes; `make campaign` tries all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from examples.desk.campaign.__main__ import running
from examples.desk.campaign.catalogue import CATALOGUE
from examples.desk.campaign.run import Outcome, perform

if TYPE_CHECKING:
    from examples.desk.campaign.fault import Fault

pytestmark = pytest.mark.e2e

FEARED: Final = frozenset(
    {
        *("spread too wide", "spread too tight", "own quotes crossed", "quote off reference"),
        *("one-sided", "not quoting, and saying it is", "thin depth shared by two accounts"),
        *("inventory drift by trades", "deposit and withdrawal", "ledger mismatch"),
        *("rejects", "unknown orders", "ghost order", "slow acks", "kill switch", "margin"),
        *("drawdown", "paused by a person", "thin market, alive but silent", "market halted"),
        *("dead feed in one of several processes", "lagging messages", "crossed order book"),
        *("gaps in sequence numbers", "engine hangs", "engine killed", "graceful deploy"),
        *("never started", "two processes, one instance id", "a service's clock is wrong"),
        *("bad mandates file", "venue down with 30 clients", "stablecoin off par"),
        "Collector down, and an engine killed",
    }
)
CHOSEN: Final = tuple(fault for fault in CATALOGUE if fault.name in FEARED)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What came of each fault, by its name."""
    said: list[str] = []
    with running(tmp_path_factory.mktemp("campaign") / "run") as scene:
        found = perform(scene, CHOSEN, said.append)
    print("\n".join(said))
    return {outcome.fault.name: outcome for outcome in found}


def test_each_of_the_feared_is_in_the_catalogue() -> None:
    """A fault that was renamed is still tried."""
    assert {fault.name for fault in CHOSEN} == FEARED


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: fault.name)
def test_a_fault_is_told_once_to_whom_it_concerns_and_is_over(
    outcomes: dict[str, Outcome], fault: Fault
) -> None:
    """Right receivers, labels, words, numbers and links; its end; no other message meanwhile."""
    problems = outcomes[fault.name].problems()
    assert problems == [], json.dumps(problems, indent=1, ensure_ascii=False)
