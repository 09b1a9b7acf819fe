"""A process of ours that answers a line with a line, until its input ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent


class Child:
    """The process, from entry to exit.

    Args:
        module: what it runs.
        arguments: its command line.
        settings: of its environment, beside this process's own.
    """

    def __init__(self, module: str, *arguments: str, **settings: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = {**os.environ, **settings}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  # a module of this package
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.resume()
        self._process.communicate()  # closes its input, which ends it

    def pause(self) -> None:
        """Let it stand still until `resume`."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def ask(self, line: str) -> str:
        """Send a line and return the answer.

        Raises:
            RuntimeError: if it has ended; what went wrong is on standard error.
        """
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # for the type checker
        try:
            stdin.write(line + "\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, as `listen` will find
        return self.listen()

    def listen(self) -> str:
        """Return the next line it says (see `ask`)."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101  # for the type checker
        answer = stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(self._command[1:])} has failed")
        return answer
