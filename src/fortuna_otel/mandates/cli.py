"""`fortuna-otel mandates`: check a file, compare it, export it, describe it to editors."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

from fortuna_otel._terminal import count, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from fortuna_otel.mandates.desk import Mandates

    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001


def register(subparsers: SubParsers) -> None:
    """Add `mandates` and its subcommands."""
    area = subparsers.add_parser(
        "mandates",
        help="what was promised to whom: check the file, export it",
        description="What was promised to whom. docs/mandates.md explains the file.",
    )
    commands = area.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _check(commands)
    _show(commands)
    _diff(commands)
    _export(commands)
    _alerts(commands)
    _schema(commands)


def _check(commands: SubParsers) -> None:
    command = commands.add_parser(
        "check",
        help="find everything that is wrong with mandates files",
        description=(
            "Report every problem of every file as `file:line: path: what is wrong; write … "
            "instead`. Exit code 0: all good, with a summary; 1: problems."
        ),
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a mandates file (YAML)")
    command.add_argument(
        "-q", "--quiet", action="store_true", help="print problems only, no summary"
    )
    command.set_defaults(run=check)


def _export(commands: SubParsers) -> None:
    command = commands.add_parser(
        "export",
        help="send the fortuna.mandate.* series, and follow changes of the file",
        description=(
            "Send the fortuna.mandate.* series over OTLP until stopped. The file is read again "
            "when it changes; a change with problems is refused as a whole: the terms before it "
            "stay, the problems are logged and fortuna.mandate.problems says how many. Where to "
            "send: OTEL_EXPORTER_OTLP_ENDPOINT. Exit code 1: the file is wrong at the start."
        ),
    )
    command.add_argument("file", metavar="FILE", help="a mandates file (YAML)")
    command.add_argument(
        "--service",
        default="desk/mandates",
        metavar="JOB",
        help="namespace/name to report as (default: %(default)s)",
    )
    command.set_defaults(run=export)


def _show(commands: SubParsers) -> None:
    command = commands.add_parser(
        "show",
        help="print a file with everything that is inherited or set by tier written out",
        description=(
            "Print what a file means: the same mandates with everything that is inherited or set "
            "by tier written out. The output is a mandates file itself."
        ),
    )
    command.add_argument("file", metavar="FILE", help="a mandates file (YAML)")
    command.add_argument(
        "--at",
        metavar="TIME",
        help="what holds on a day or at an instant, 2026-12-01 or 2026-12-01T10:00:00Z; now unless"
        " said. A day is that of UTC.",
    )
    command.set_defaults(run=show)


def _diff(commands: SubParsers) -> None:
    command = commands.add_parser(
        "diff",
        help="tell what a change of a file alters, client by client, in words",
        description=(
            "Tell what is promised otherwise in NEW than in OLD: client by client and term by"
            " term, in words, at all times: a change of what held in the past, or of what will"
            " hold, is told with its time. Where the file is written differently but means the"
            " same, nothing is told. Exit code 0: they mean the same; 1: they differ; 2: one of"
            " them cannot be read or used."
        ),
    )
    command.add_argument("old", metavar="OLD", help="a mandates file (YAML)")
    command.add_argument("new", metavar="NEW", help="the same, changed")
    command.set_defaults(run=diff)


def _alerts(commands: SubParsers) -> None:
    command = commands.add_parser(
        "alerts",
        help="list the alerts whose figures a file may set, with their defaults",
        description=(
            "List every alert whose figures a mandates file may set under `alerts`: at which"
            " severity, what they bound, and the defaults (liquid / thin). Those about more than"
            " one obligation are set under `defaults` only."
        ),
    )
    command.set_defaults(run=alerts)


def _schema(commands: SubParsers) -> None:
    command = commands.add_parser(
        "schema",
        help="print the file's JSON Schema, for completion and hints in editors",
        description=(
            "Print the JSON Schema of mandates files. Editors with a YAML language server take it "
            "by a first line `# yaml-language-server: $schema=mandates.schema.json`."
        ),
    )
    command.set_defaults(run=schema)


def check(arguments: argparse.Namespace) -> int:
    """Print the problems of every file, or what is in it."""
    from fortuna_otel.mandates import MandatesError, load  # noqa: PLC0415

    code = 0
    for file in arguments.files:
        try:
            mandates = load(file)
        except MandatesError as error:
            found = len(error.problems)
            print(error, file=sys.stderr)
            print(f"{file}: {count(found, 'problem')}", file=sys.stderr)
            code = 1
        else:
            if not arguments.quiet:
                print("\n".join(summary(file, mandates)))
    return code


def export(arguments: argparse.Namespace) -> int:
    """Export a file until stopped."""
    from fortuna_otel.mandates import MandatesError  # noqa: PLC0415
    from fortuna_otel.mandates.export import run  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        run(arguments.file, job=arguments.service)
    except MandatesError as error:
        print(error, file=sys.stderr)
        print(
            f"{arguments.file}: not exported, {count(len(error.problems), 'problem')}",
            file=sys.stderr,
        )
        return 1
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print a file with everything written out."""
    from fortuna_otel.mandates import MandatesError, load  # noqa: PLC0415
    from fortuna_otel.mandates.dump import dump  # noqa: PLC0415
    from fortuna_otel.mandates.times import parse_moment, start_of  # noqa: PLC0415
    from fortuna_otel.mandates.units import WrongValueError  # noqa: PLC0415

    try:
        at = None if arguments.at is None else start_of(parse_moment(arguments.at), "UTC")
        print(dump(load(arguments.file, at=at)), end="")
    except MandatesError as error:
        print(error, file=sys.stderr)
        return 1
    except WrongValueError as error:
        print(f"--at: {error.what}; write {error.instead} instead", file=sys.stderr)
        return 1
    return 0


def diff(arguments: argparse.Namespace) -> int:
    """Print what is different."""
    from fortuna_otel.mandates import MandatesError, load  # noqa: PLC0415
    from fortuna_otel.mandates.diff import diff as compare  # noqa: PLC0415
    from fortuna_otel.mandates.diff import render  # noqa: PLC0415

    try:
        old, new = load(arguments.old), load(arguments.new)
    except MandatesError as error:
        print(error, file=sys.stderr)
        return 2
    changes = compare(old, new)
    names = {client.client: client.name for client in (*old.clients, *new.clients)}
    print("".join(f"{line}\n" for line in render(changes, names)), end="")
    return 1 if changes else 0


def alerts(_: argparse.Namespace) -> int:
    """Print the alerts whose figures a file may set."""
    from fortuna_otel.mandates.fields import ALERTS  # noqa: PLC0415
    from fortuna_otel.mandates.thresholds import THRESHOLDS, Tiers  # noqa: PLC0415
    from fortuna_otel.mandates.units import format_duration, format_ratio  # noqa: PLC0415

    def shown(figure: Tiers | None, write: Callable[[float], str]) -> str:
        if figure is None:
            return "-"
        both = dict.fromkeys(write(float(each)) for each in (figure.liquid, figure.thin))
        return " / ".join(both)

    rows = [("alert", "severity", "patience", "tolerance", "set by", "bounds")]
    rows += [
        (
            each.alert,
            each.severity,
            shown(each.patience, format_duration),
            shown(each.tolerance, format_ratio),
            "anybody" if each.scope == "obligation" else "defaults",
            each.meaning,
        )
        for each in THRESHOLDS
        if each.alert in ALERTS
    ]
    print("\n".join(table(rows)))
    return 0


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema."""
    from fortuna_otel.mandates.model import schema as described  # noqa: PLC0415

    print(json.dumps(described(), indent=2, ensure_ascii=False))
    return 0


def summary(file: str, mandates: Mandates) -> list[str]:
    """Return what is in a good file: totals, then a table by client."""
    totals = ", ".join(
        (
            count(len(mandates.clients), "client"),
            count(len(mandates.obligations), "obligation"),
            count(len(mandates.books), "book"),
            count(len(mandates.services), "service"),
        )
    )
    rows = [("client", "name", "obligations", "books", "markets", "services")]
    for client in mandates.clients:
        books = [book for book in mandates.books if book.client == client.client]
        rows.append(
            (
                client.client,
                client.name,
                str(sum(o.client == client.client for o in mandates.obligations)),
                str(len(books)),
                _list(f"{book.venue} {book.symbol}" for book in books),
                _list(book.service for book in books),
            )
        )
    return [f"{file}: good: {totals}", "", *table(rows)]


def _list(items: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(items))
