"""`fortuna-otel alerts`: check the routing file, generate from it, prove that pages arrive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fortuna_otel._terminal import count, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fortuna_otel.alerts import RoutingError
    from fortuna_otel.alerts.testfire import Outcome
    from fortuna_otel.alerts.tree import Receiver

    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

ROUTING: Final = "alerting/routing.yaml"


def register(subparsers: SubParsers) -> None:
    """Add `alerts` and its subcommands."""
    area = subparsers.add_parser(
        "alerts",
        help="who is told of what: check, generate, prove that pages arrive",
        description="Who is told of what. docs/alerting.md explains the routing file.",
    )
    commands = area.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _check(commands)
    _generate(commands)
    _test_fire(commands)


def _routing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--routing",
        type=Path,
        default=Path(ROUTING),
        metavar="FILE",
        help="the routing file; rules, templates and what is generated are found from it"
        " (default: %(default)s)",
    )


def _check(commands: SubParsers) -> None:
    command = commands.add_parser(
        "check",
        help="find everything that is wrong with the routing file",
        description=(
            "Report every problem as `file:line: path: what is wrong; write …`, names that no alert"
            " has included. Exit code 0: good, with who is told of what; 1: problems."
        ),
    )
    _routing(command)
    command.set_defaults(run=check)


def _generate(commands: SubParsers) -> None:
    command = commands.add_parser(
        "generate",
        help="write Alertmanager's configuration and Grafana's provisioning files",
        description=(
            "Write alertmanager.yml, templates/routing.tmpl and grafana-provisioning/alerting from"
            " the routing file and the rules."
        ),
    )
    _routing(command)
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit code 1 if something would change, with its name",
    )
    command.set_defaults(run=generate)


def _test_fire(commands: SubParsers) -> None:
    command = commands.add_parser(
        "test-fire",
        help="send a test to each receiver through the real route, and say what arrived",
        description=(
            "Send an alert marked TEST to each receiver of the routing file, through the route that"
            " real ones take, wait for the answers, and resolve it. People are called. Exit code 0:"
            " every receiver took it; 1: not all; 2: no test could be sent."
        ),
    )
    _routing(command)
    command.add_argument(
        "--alertmanager",
        default="http://127.0.0.1:9093",
        metavar="URL",
        help="where Alertmanager answers (default: %(default)s)",
    )
    command.add_argument(
        "--receiver", action="append", metavar="NAME", help="only this one; may be repeated"
    )
    command.add_argument(
        "--severity", choices=("page", "ticket"), help="only receivers of this severity"
    )
    command.add_argument(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long to wait for the answers (default: %(default)s)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=test_fire)


def _seconds(text: str) -> float:
    import argparse  # noqa: PLC0415

    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("write seconds between 1 and 600, as in 30")
    return seconds


def check(arguments: argparse.Namespace) -> int:
    """Print the problems, or who is told of what."""
    from fortuna_otel.alerts.generate import Project  # noqa: PLC0415
    from fortuna_otel.alerts.reader import RoutingError  # noqa: PLC0415
    from fortuna_otel.alerts.tree import receivers  # noqa: PLC0415

    try:
        routing = Project(arguments.routing).load()
    except RoutingError as error:
        return _wrong(error, arguments.routing)
    found = receivers(routing)
    told = count(len(found), "receiver")
    print(f"{arguments.routing}: good: {told}, evaluator {routing.evaluator}")
    print()
    print("\n".join(table([("receiver", "told by"), *((one.name, _ways(one)) for one in found)])))
    return 0


def _ways(receiver: Receiver) -> str:
    return ", ".join(f"{kind} (secrets/{secret})" for kind, secret in receiver.ways.kinds())


def generate(arguments: argparse.Namespace) -> int:
    """Write what is generated, or say what would change."""
    from fortuna_otel.alerts.generate import Project  # noqa: PLC0415
    from fortuna_otel.alerts.reader import RoutingError  # noqa: PLC0415

    try:
        files = Project(arguments.routing).generated()
    except RoutingError as error:
        return _wrong(error, arguments.routing)
    stale = [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if arguments.check:
        for path in stale:
            print(f"{path} is not what {arguments.routing} says; run fortuna-otel alerts generate")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path}")
    print(f"{count(len(files), 'file')}, {len(stale)} changed")
    return 0


def test_fire(arguments: argparse.Namespace) -> int:
    """Send tests and print what arrived."""
    from fortuna_otel.alerts.generate import Project  # noqa: PLC0415
    from fortuna_otel.alerts.reader import RoutingError  # noqa: PLC0415
    from fortuna_otel.alerts.testfire import (  # noqa: PLC0415
        Alertmanager,
        TestFire,
        TestFireError,
        as_json,
    )
    from fortuna_otel.alerts.tree import receivers  # noqa: PLC0415

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        known = receivers(Project(arguments.routing).load())
        chosen = _chosen(known, arguments.receiver, arguments.severity)
        say(f"TEST to {count(len(chosen), 'receiver')}: people are called")
        tests = TestFire(Alertmanager(arguments.alertmanager), arguments.timeout, say)
        outcomes = tests.run(chosen)
    except RoutingError as error:
        _wrong(error, arguments.routing)
        return 2
    except TestFireError as error:
        print(f"fortuna-otel: {error}", file=sys.stderr)
        return 2
    print(as_json(outcomes) if arguments.json else "\n".join(report(outcomes)))
    return 0 if all(one.state == "sent" and one.resolved is not False for one in outcomes) else 1


def _chosen(known: list[Receiver], names: list[str] | None, severity: str | None) -> list[Receiver]:
    """Return the receivers that are asked for.

    Raises:
        TestFireError: one is not known, or none is left.
    """
    from fortuna_otel.alerts.testfire import TestFireError  # noqa: PLC0415

    every = [one.name for one in known]
    for name in names or ():
        if name not in every:
            raise TestFireError(f"there is no receiver {name}; write one of {', '.join(every)}")
    chosen = [
        one
        for one in known
        if (not names or one.name in names) and (not severity or one.labels["severity"] == severity)
    ]
    if not chosen:
        raise TestFireError(f"none of {', '.join(names or every)} hears a {severity}")
    return chosen


def report(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the table of what arrived, and a line that sums it up."""
    resolved = {True: "resolved", False: "not resolved", None: ""}
    rows = [("receiver", "by", "state", "after", "then", "why")]
    for one in outcomes:
        after = "" if one.seconds is None else f"{one.seconds:.1f} s"
        rows.append((one.receiver, one.kind, one.state, after, resolved[one.resolved], one.reason))
    sent = sum(one.state == "sent" for one in outcomes)
    return [*table(rows), "", f"{sent} of {count(len(outcomes), 'way')} took the test"]


def _wrong(error: RoutingError, file: Path) -> int:
    print(error, file=sys.stderr)
    print(f"{file}: {count(len(error.problems), 'problem')}", file=sys.stderr)
    return 1
