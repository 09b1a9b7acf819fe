"""Run a build while telling how far it is: a redrawn line on a terminal, a heartbeat in a log."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.catalogue import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEARTBEAT = 15.0  # seconds between log lines where there is no terminal to redraw


@dataclass(slots=True)
class Progress:
    """One line that tells how far a build is: redrawn on a terminal, repeated in a log."""

    label: str
    expected: int
    started: float = field(default_factory=time.monotonic)
    fetched: int = 0
    compiled: int = 0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=25))

    @property
    def interval(self) -> float:
        """Seconds between two calls of `tick`."""
        return 0.5 if sys.stdout.isatty() else HEARTBEAT

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started

    def line(self, line: str) -> None:
        """Take one line of Go's output: a download, a package that was compiled, or a complaint."""
        if line.startswith("go: downloading"):
            self.fetched += 1
        elif re.fullmatch(r"[\w.~/-]+", line):
            self.compiled += 1
        else:
            self.tail.append(line)

    def __str__(self) -> str:
        done = [f"{self.fetched} modules fetched"] if self.fetched else []
        done += [f"{self.compiled} packages compiled"] if self.compiled else []
        now = f"{clock(self.elapsed)} of about {clock(self.expected)}"
        return f"{self.label}: {', '.join([now, *done])}"

    def tick(self) -> None:
        """Show the state now."""
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{self!s:.{width}}", end="", flush=True)
        else:
            print(self, flush=True)

    def end(self, outcome: str) -> None:
        """Replace the line by how it ended."""
        start = "\r\x1b[2K" if sys.stdout.isatty() else ""
        print(f"{start}{self.label}: {outcome}", flush=True)


def clock(seconds: float) -> str:
    """Write a length of time as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run(argv: Sequence[str], folder: Path, env: Mapping[str, str], progress: Progress) -> None:
    """Run one command, feeding its output to the progress line."""
    with subprocess.Popen(
        argv, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:

        def read() -> None:
            for line in process.stdout or ():
                progress.line(line.rstrip())

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            while process.poll() is None:
                progress.tick()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(progress.interval)
        except BaseException:
            process.terminate()
            raise
        reader.join()
    if process.returncode:
        raise BuildError(explain("\n".join(progress.tail)))


def explain(output: str) -> str:
    """Turn the last lines of a failed build into what to do about it."""
    network = r"dial tcp|no such host|i/o timeout|handshake timeout|connection re|proxyconnect"
    if re.search(network, output):
        remedy = (
            "The Go module proxy cannot be reached: check the network, or GOPROXY.\n"
            "What was fetched is kept; running this again goes on from there."
        )
    elif "no space left on device" in output:
        remedy = "The disk is full. FORTUNA_OTEL_CACHE, GOCACHE and GOMODCACHE move the caches."
    elif re.search(r"updates to go.mod needed|missing go.sum entry|no required module", output):
        remedy = (
            "The pins disagree with each other: `python3 tools/build.py --lock TOOL` writes "
            "go.mod and go.sum anew."
        )
    else:
        remedy = "Go's own words are above."
    return f"{output}\n{remedy}"
