"""A service that says what it is told to say: `python -m examples.desk.actor --name NAME`.

For the faults that the local exchange cannot have: a chain that lags, a margin that runs out, a
key that expires. It is a real process with the real SDK, and has no way to telemetry but the
public methods that every service has. It reads one JSON object a line from its standard input:

    {"do": "account.margin", "of": {"client": "acme", "venue": "okx", "account": "mm-1"},
     "with": {"ratio": 0.9}, "every": 1}

`do` is a declaration of `Telemetry` and a method of what it returns (`book.quotes.update`), or a
method of `Telemetry` itself (`state`). `of` declares it, `with` are the arguments by name, `args`
those without; a string such as `now-30` in them is a Unix time, `{"book": {…}}` a book's meter.
`every` repeats the call after so many seconds, until the next line with the same `id`;
`{"stop": ID}` ends it. Each line is answered with `{"ok": true}`, or with `{"error": …}` in words.
The end of its input is its orderly end.
"""

from __future__ import annotations

import argparse
import json
import queue
import re
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel import Obligation, Telemetry

TIME: Final = re.compile(r"now([+-]\d+(\.\d+)?)?")
BEAT_SECONDS: Final = 0.5
LOOP: Final = "act"
DECLARATIONS: Final = frozenset(
    {
        *("account", "book", "chain", "credential", "equity", "exposure", "feed", "heartbeat"),
        *("ledger", "loan", "market", "obligation", "rate", "venue"),
    }
)


class ActorError(Exception):
    """A line that cannot be followed; the message says why."""


@dataclass(slots=True)
class Act:
    """One call that is repeated; `due` is on the monotonic clock."""

    line: Mapping[str, Any]
    every: float
    due: float


class Actor:
    """Calls what it is told to call.

    Args:
        telemetry: of this process.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._heartbeat = telemetry.heartbeat(LOOP)
        self._acts: dict[str, Act] = {}

    def follow(self, line: str) -> dict[str, Any]:
        """Do what a line asks for and return the answer."""
        try:
            self._follow(json.loads(line))
        except (ActorError, ValueError, TypeError, LookupError, AttributeError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"ok": True}

    def turn(self) -> float:
        """Beat, do what is due, and return the seconds until something is."""
        self._heartbeat.beat()
        now = time.monotonic()
        for act in self._acts.values():
            if act.due <= now:
                self._call(act.line)
                act.due = max(act.due + act.every, now)
        first = min((act.due for act in self._acts.values()), default=now + BEAT_SECONDS)
        return min(max(first - time.monotonic(), 0.0), BEAT_SECONDS)

    def _follow(self, asked: Mapping[str, Any]) -> None:
        if not isinstance(asked, dict):
            raise ActorError("send one JSON object a line")
        if "stop" in asked:
            self._acts.pop(str(asked["stop"]), None)
            return
        if "do" not in asked:
            raise ActorError('say what to "do", or what to "stop"')
        self._call(asked)
        key = str(asked.get("id", json.dumps([asked["do"], asked.get("of")], sort_keys=True)))
        if "every" in asked:
            every = float(asked["every"])
            self._acts[key] = Act(asked, every, time.monotonic() + every)
        else:
            self._acts.pop(key, None)

    def _call(self, asked: Mapping[str, Any]) -> None:
        declared, *path = str(asked["do"]).split(".")
        target: Any = getattr(self._telemetry, declared)
        if declared in DECLARATIONS:
            of = asked.get("of", {})
            target = target(_terms(of)) if declared == "obligation" else target(**of)
        for name in path:
            target = getattr(target, name)
        target(*self._read(asked.get("args", [])), **self._read(asked.get("with", {})))

    def _read(self, value: Any) -> Any:
        """Return arguments with every time in them as it is now, and every book its meter."""
        if isinstance(value, dict) and value.keys() == {"book"}:
            return self._telemetry.book(**value["book"])
        if isinstance(value, dict):
            return {key: self._read(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._read(one) for one in value]
        if isinstance(value, str) and (match := TIME.fullmatch(value)):
            return time.time() + float(match[1] or 0.0)
        return value


def _terms(of: Mapping[str, Any]) -> Obligation:
    from fortuna_otel import DepthTerm, Obligation  # noqa: PLC0415 - as below

    depth = tuple(DepthTerm(*one) for one in of.get("depth", ()))
    return Obligation(**{**of, "depth": depth})


def run(actor: Actor, lines: Iterable[str], answers: TextIO) -> None:
    """Follow lines until there are no more."""
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            waiting.put(line)
        waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = waiting.get(timeout=max(actor.turn(), 0.001))
        except queue.Empty:
            continue
        if line is None:
            return
        print(json.dumps(actor.follow(line)), file=answers, flush=True)


def skew(seconds: float) -> None:
    """Set this process's clock wrong, as on a host whose time is not kept."""
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + round(seconds * 1e9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Act until the input ends; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.actor",
        description="A service that reports what it is told to, one JSON object a line.",
    )
    parser.add_argument("--name", required=True, help="of the service")
    parser.add_argument("--namespace", default="desk", help="of the service (desk)")
    parser.add_argument("--clock", type=float, default=0.0, help="seconds its clock is off (0)")
    options = parser.parse_args(arguments)
    if options.clock:
        skew(options.clock)
    # Not before its clock is wrong: telemetry takes the clock as it finds it.
    from fortuna_otel import instrument  # noqa: PLC0415

    telemetry = instrument(options.name, namespace=options.namespace, handle_sigterm=True)
    try:
        telemetry.state("running")
        run(Actor(telemetry), sys.stdin, sys.stdout)
    except KeyboardInterrupt:
        return 0
    finally:
        telemetry.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
