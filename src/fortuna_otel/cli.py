"""The `fortuna-otel` command.

Each area adds its subcommands by a function `register(subparsers)` in its own `cli` module, and
sets `run` on them: a function from the parsed arguments to an exit code. Modules of an extra are
imported inside `run`, so that the command works, and explains itself, without them.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

AREAS: Final = ("mandates", "alerts", "top")
"""Packages of fortuna_otel with a `cli` module, in the order of the help."""

EXTRAS: Final = {"pydantic": "mandates", "yaml": "mandates", "textual": "top"}
"""The extra that brings a module."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells expect."""


def parser() -> argparse.ArgumentParser:
    """Return the parser with the subcommands of every area."""
    top = argparse.ArgumentParser(
        prog="fortuna-otel",
        description=(
            "Observability for market making: what was promised, who is told of it, how it stands."
        ),
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {version('fortuna-otel')}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for area in AREAS:
        importlib.import_module(f"fortuna_otel.{area}.cli").register(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 good, 1 found wrong, 2 not usable, 130 Ctrl-C."""
    arguments = parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(
            f"fortuna-otel: {error.name} is not installed;"
            f" run: pip install 'fortuna-otel[{extra}]'",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has seen enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
