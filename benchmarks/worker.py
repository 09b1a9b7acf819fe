"""Sides in processes of their own, that take turns.

The child runs a generator function; each `round` of the parent lets it run to its next `yield`,
whose value is the answer. Between rounds it waits, so that sides which are set up once can be
measured in interleaved rounds without disturbing one another.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Side: TypeAlias = Callable[..., Iterator[Any]]


class Worker(Child):
    """A process that runs a generator function of a module of ours.

    Args:
        side: the function; it must be importable by its name.
        options: its keyword arguments, plain data.
    """

    def __init__(self, side: Side, **options: Any) -> None:
        name = f"{side.__module__}:{side.__qualname__}"
        super().__init__("benchmarks.worker", name, json.dumps(options))

    def round(self) -> Any:
        """Run to the next `yield` and return its value (see `Child.ask`)."""
        return json.loads(self.ask("round"))


def main() -> None:
    """Run the generator named on the command line, a step a line of standard input."""
    module, _, name = sys.argv[1].partition(":")
    side: Iterator[Any] = getattr(import_module(module), name)(**json.loads(sys.argv[2]))
    for _ in sys.stdin:
        print(json.dumps(next(side)), flush=True)


if __name__ == "__main__":
    main()
