"""`fortuna-otel top`: the board's first screen in a terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fortuna_otel.top.reader import Reader, Snapshot
    from fortuna_otel.top.selection import Selection

    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

FASTEST: Final = 0.2
SLOWEST: Final = 300.0
LEAST_WIDTH: Final = 80


def register(subparsers: SubParsers) -> None:
    """Add `top`."""
    command = subparsers.add_parser(
        "top",
        help="the board's first screen in this terminal, live",
        description=(
            "The board's first screen in this terminal: status strip, obligations with the worst"
            " first, firing alerts; then one book closely. The numbers are the board's own."
            " Keyboard only: arrows, enter, escape, / to filter, ? for help, q to quit. Exit code"
            " 2: the store cannot be asked, or a filter has no such value."
        ),
    )
    command.add_argument(
        "--url",
        default="http://127.0.0.1:9090",
        metavar="URL",
        help="Prometheus, or Mimir with /prometheus at the end (default: %(default)s)",
    )
    command.add_argument("--tenant", metavar="X", help="Mimir's tenant")
    command.add_argument(
        "--bearer-token-file", type=Path, metavar="FILE", help="holds a token for the store"
    )
    for name in ("client", "exchange", "symbol", "account", "tag", "asset"):
        command.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar=name.upper(),
            help=f"only this {name}; may be repeated (default: all)",
        )
    command.add_argument(
        "--reference", metavar="CURRENCY", help="currency that values are in (default: USD)"
    )
    command.add_argument(
        "--interval", metavar="15s", help="of averages and of the sparkline (default: 15s)"
    )
    command.add_argument(
        "--refresh",
        type=_seconds,
        default=1.0,
        metavar="SECONDS",
        help="ask the store this often; a slow one is asked less often (default: 1)",
    )
    command.add_argument(
        "--once",
        action="store_true",
        help="print the first screen once as text, for scripts and bug reports",
    )
    command.add_argument(
        "--light", action="store_true", help="colours for a light terminal (c changes them)"
    )
    command.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not FASTEST <= seconds <= SLOWEST:
        raise argparse.ArgumentTypeError(f"{text!r}: write seconds from {FASTEST:g} to {SLOWEST:g}")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Ask once, to see that the store answers; then show it once, or live."""
    from fortuna_otel.top.reader import Reader, Wanted  # noqa: PLC0415
    from fortuna_otel.top.selection import UnknownChoiceError  # noqa: PLC0415
    from fortuna_otel.top.store import Store, StoreError  # noqa: PLC0415

    try:
        selection = _selection(arguments)
        store = Store(
            arguments.url, tenant=arguments.tenant, token_file=arguments.bearer_token_file
        )
        try:
            reader = Reader(store)
            first = reader.read(Wanted(selection))
            selection.check(first.known)
            if arguments.once:
                width = max(shutil.get_terminal_size((120, 24)).columns, LEAST_WIDTH)
                print(_text(first, width))
                return 0
            return _live(arguments, reader, first)
        finally:
            store.close()
    except (StoreError, UnknownChoiceError) as error:
        print(f"fortuna-otel top: {error}", file=sys.stderr)
        return 2


def _live(arguments: argparse.Namespace, reader: Reader, first: Snapshot) -> int:
    from fortuna_otel.top.app import Top  # noqa: PLC0415

    # Textual draws on standard error.
    if not all(one.isatty() for one in (sys.stdin, sys.stdout, sys.stderr)):
        print(
            "fortuna-otel top: this is no terminal: use --once to print the screen as text",
            file=sys.stderr,
        )
        return 2
    app = Top(
        reader,
        first.wanted.selection,
        refresh=arguments.refresh,
        first=first,
        dark=not (arguments.light or _light_terminal()),
    )
    # Keyboard only: the mouse is left to the terminal, for copying.
    app.run(mouse=False)
    return app.return_code or 0


def _selection(arguments: argparse.Namespace) -> Selection:
    from fortuna_otel.provisioning.variables import INTERVALS  # noqa: PLC0415
    from fortuna_otel.top.selection import (  # noqa: PLC0415
        FILTERS,
        Selection,
        UnknownChoiceError,
    )

    selection = Selection()
    for name in FILTERS:
        given = getattr(arguments, name)
        if given:
            selection = selection.choose(name, [given] if isinstance(given, str) else given)
    if selection.interval not in INTERVALS:
        raise UnknownChoiceError(
            f"--interval {selection.interval}: write one of {', '.join(INTERVALS)}"
        )
    return selection


def _light_terminal() -> bool:
    """Return whether the terminal says that its background is light, as some do."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background in {"7", "15"}


def _text(snapshot: Snapshot, width: int) -> str:
    """Write the first screen as text: everything that is on it, in words."""
    from fortuna_otel.top import paint, panels  # noqa: PLC0415
    from fortuna_otel.top.model import Desk  # noqa: PLC0415

    desk = snapshot.view
    assert isinstance(desk, Desk)  # noqa: S101 - the first screen was asked for
    at = datetime.fromtimestamp(snapshot.at, UTC)
    selection = snapshot.wanted.selection
    rows, firing = len(desk.table.rows), len(desk.alerts.firing)
    lines = [
        paint.of(f"fortuna · {selection} · {selection.reference} · {at:%Y-%m-%d %H:%M:%S} UTC"),
        *(paint.of(f"~ {note}") for note in desk.notes),
        *panels.strip(desk.tiles, width),
        *panels.desk(desk, width, rows + 4, -1, 0),
        *panels.alerts(desk.alerts, width, firing + 2),
    ]
    return "\n".join(paint.plain(line).rstrip() for line in lines)
