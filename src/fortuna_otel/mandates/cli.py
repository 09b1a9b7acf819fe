"""`fortuna-otel mandates`: check a file, export it, describe it to editors."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from fortuna_otel.mandates.terms import Mandates

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
    _export(commands)
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
    command.set_defaults(run=show)


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
            print(f"{file}: {_count(found, 'problem')}", file=sys.stderr)
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
            f"{arguments.file}: not exported, {_count(len(error.problems), 'problem')}",
            file=sys.stderr,
        )
        return 1
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print a file with everything written out."""
    from fortuna_otel.mandates import MandatesError, load  # noqa: PLC0415
    from fortuna_otel.mandates.dump import dump  # noqa: PLC0415

    try:
        print(dump(load(arguments.file)), end="")
    except MandatesError as error:
        print(error, file=sys.stderr)
        return 1
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
            _count(len(mandates.clients), "client"),
            _count(len(mandates.obligations), "obligation"),
            _count(len(mandates.books), "book"),
            _count(len(mandates.services), "service"),
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
    return [f"{file}: good: {totals}", "", *_table(rows)]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            text.rjust(width) if text.isdigit() else text.ljust(width)
            for text, width in zip(row, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def _list(items: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(items))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
