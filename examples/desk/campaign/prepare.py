"""The desk of a campaign: the demonstration's, with more mandates and less patience.

What production runs is changed in four ways, so that a campaign takes minutes, and in no other
(where nothing is broken, in the last of them alone):
patience comes from the mandates file (`mandates.yaml` beside this); what keeps an alert firing
after its end (`keep_firing_for`), how often tickets are judged and how long they are collected are
cut to seconds; so are the lookbacks of alerts that remember an event; and tickets are told at any
hour.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from examples.desk.plan import waves
from fortuna_otel.mandates import load

if TYPE_CHECKING:
    from examples.desk.stack import Ports, Process

HERE: Final = Path(__file__).resolve().parent
EXAMPLES: Final = HERE.parents[1]
RULES: Final = EXAMPLES.parent / "alerting" / "rules"
LAYER: Final = HERE / "mandates.yaml"
# A quarter of `keep_firing_for`, within these: a cause still outlasts what it mutes.
KEPT_SECONDS: Final = (10.0, 20.0)
TICKET_INTERVAL: Final = "5s"
# A page of the same alert must get there first: Prometheus repeats it every 15 s.
TICKET_WAIT: Final = "16s"
LONGEST_FOR: Final = 15
# A cause that is judged sooner must be told sooner: ServiceSilent waits 30 s for some.
UNHURRIED: Final = frozenset({"ServiceMissing", "MandatesMissing"})
# Alerts that remember an event: for so long after it, instead of what they say.
LOOKBACKS: Final[dict[str, dict[str, str]]] = {
    "SelfTrade": {"[15m]": "[30s]"},
    "TelemetryDropping": {"[5m]": "[30s]"},
    "CollectorDropping": {"[5m]": "[30s]"},
    "RuleEvaluationFailing": {"[5m]": "[30s]", "[2m]": "[30s]"},
    "AlertDeliveryFailing": {"[1m]": "[30s]", "[5m]": "[30s]"},
}
# Records that these alerts read, by the beginning of their name.
RECORDS: Final = {
    "fortuna:loan:left_seconds": {"[5m]": "[30s]"},
    "fortuna:process:feed_breaks": {"[5m]": "[30s]"},
    "fortuna:collector:lost_points": {"[5m]": "[30s]"},
    "fortuna:account:ack_p95_seconds": {"[5m]": "[30s]"},
}


def merge(below: Any, above: Any) -> Any:
    """Return a mapping with another laid over it, key by key."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {
        key: merge(below[key], above[key])
        if key in below and key in above
        # What is in one alone stays.
        else (above if key in above else below)[key]
        for key in {**below, **above}
    }


def mandates(run_dir: Path, *, hurried: bool = True) -> tuple[Path, Path]:
    """Write the campaign's mandates, and those that the local exchange builds its world from."""
    # Everything in a mandates file is text: `no` and `1e3` mean what is written there.
    base = yaml.load((EXAMPLES / "mandates.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    layer = yaml.load(LAYER.read_text("utf-8"), Loader=yaml.BaseLoader) if hurried else {}  # noqa: S506
    acted = layer.pop("acted", {})
    desk = merge(base, layer)
    world = run_dir / "world.yaml"
    whole = run_dir / "mandates.yaml"
    for path, content in ((world, desk), (whole, merge(desk, acted))):
        path.write_text(
            yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
    return whole, world


def desk(run_dir: Path, ports: Ports, seed: int, *, hurried: bool = True) -> list[list[Process]]:
    """Return the processes of a campaign's desk, with everything they read written.

    Args:
        run_dir: where.
        ports: on which they listen.
        seed: of the market's randomness.
        hurried: with less patience than production has.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    whole, world = mandates(run_dir, hurried=hurried)
    processes = waves(
        run_dir, ports, load(whole), whole, seed=seed, colour=False, world_file=world, grafana=False
    )
    if hurried:
        hurry_rules(run_dir)
    change_routes(run_dir / "config" / "alertmanager.yml", hurried=hurried)
    return processes


def hurry_rules(run_dir: Path) -> None:
    """Give the running Prometheus copies of the rules that wait for less."""
    folder = run_dir / "rules"
    folder.mkdir(exist_ok=True)
    for path in sorted(RULES.glob("*.yaml")):
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in rules["groups"]:
            if group.get("interval") == "15s":
                group["interval"] = TICKET_INTERVAL
            for rule in group["rules"]:
                _hurry(rule)
        (folder / path.name).write_text(yaml.safe_dump(rules, sort_keys=False), encoding="utf-8")
    config = run_dir / "config" / "prometheus.yml"
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    content["rule_files"] = [str(folder / "*.yaml")]
    config.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _hurry(rule: dict[str, Any]) -> None:
    if "keep_firing_for" in rule:
        shortest, longest = KEPT_SECONDS
        kept = min(max(_seconds(rule["keep_firing_for"]) / 4.0, shortest), longest)
        rule["keep_firing_for"] = f"{kept:.0f}s"
    if rule.get("alert") not in UNHURRIED and "for" in rule and _seconds(rule["for"]) > LONGEST_FOR:
        rule["for"] = f"{LONGEST_FOR}s"
    changes = LOOKBACKS.get(rule.get("alert", ""), {})
    for name, said in RECORDS.items():
        if rule.get("record", "").startswith(name):
            changes = said
    for before, after in changes.items():
        rule["expr"] = rule["expr"].replace(before, after)


def _seconds(duration: str) -> float:
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number = duration.rstrip("hms")
    return float(number) * units[duration[len(number) :]]


def change_routes(path: Path, *, hurried: bool = True) -> None:
    """Have tickets told at any hour and, where there is no time, collected for less."""
    config = yaml.safe_load(path.read_text(encoding="utf-8"))

    def visit(route: dict[str, Any]) -> None:
        route.pop("mute_time_intervals", None)
        route.pop("active_time_intervals", None)
        if hurried and route.get("receiver") != "heartbeat":
            if route.get("group_wait", "0s") != "0s":
                route["group_wait"] = TICKET_WAIT
            if "group_interval" in route:
                route["group_interval"] = "1s"
        for below in route.get("routes", []):
            visit(below)

    visit(config["route"])
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
