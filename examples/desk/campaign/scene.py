"""The running desk as faults see it: what they may ask, change, stop and start."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final, Self

import yaml

from examples.desk.faults import Desk, FaultError, replace
from examples.desk.runner import start_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from examples.desk.campaign.far import Collector

POLL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 30.0
END_SECONDS: Final = 5.0


class Scene(Desk):
    """A desk whose engines, venues, pipeline and mandates can be broken, and one's own actors.

    Args:
        run_dir: of the running desk.
        mandates: the file that its exporter and engines follow.
    """

    def __init__(self, run_dir: Path, mandates: Path) -> None:
        super().__init__(run_dir)
        self.mandates = mandates
        self._overrides = threading.Lock()
        self._actors: dict[str, Actor] = {}
        self._hiring = threading.Lock()
        self._kept = contextlib.ExitStack()
        # The Collector of another host, once a fault needs one.
        self.far: Collector | None = None

    def wait(self, condition: Callable[[], Any], what: str, seconds: float | None = None) -> Any:
        """Return the condition's first truthy value.

        Raises:
            FaultError: there was none in time; `what` says what was waited for.
        """
        deadline = time.monotonic() + (seconds or PATIENCE_SECONDS)
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise FaultError(f"waited in vain for {what}")
            time.sleep(POLL_SECONDS)
        return value

    @contextlib.contextmanager
    def override(self, client: str, **fields: object) -> Iterator[None]:
        """Change what the engines know of a client."""
        self._override(client, fields)
        try:
            yield
        finally:
            self._override(client, None)

    def _override(self, client: str, fields: dict[str, object] | None) -> None:
        with self._overrides:
            content = json.loads(self.overrides.read_text("utf-8"))
            content.pop(client, None)
            replace(self.overrides, content | ({client: fields} if fields else {}))

    def start(self, name: str) -> None:
        """Start one of the desk's processes that has ended."""
        start_process(self.run_dir, name)

    def stop(self, name: str) -> None:
        """End one of the desk's processes as a deploy does, and wait until it has gone."""
        self.gone(self.signal(name, signal.SIGTERM))

    def promised(self) -> Any:
        """Return what the mandates file says, as text that `terms` takes back changed."""
        return yaml.load(self.mandates.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506

    def deploy(self, name: str) -> None:
        """Stop one of the desk's processes in an orderly way, and start a new one."""
        self.stop(name)
        self.start(name)

    @contextlib.contextmanager
    def terms(self, content: object) -> Iterator[None]:
        """Let the mandates file say a text, or what `promised` returned and was changed."""
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        before = self.mandates.read_text("utf-8")
        self.mandates.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            self.mandates.write_text(before, encoding="utf-8")

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send one of the desk's processes a signal and return its id."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def gone(self, pid: int) -> None:
        """Wait until a process has ended, however long its parent leaves it unburied."""

        def ended() -> bool:
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123
                    return stat.read().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                return True

        self.wait(ended, f"process {pid} to end")

    def actor(
        self, name: str = "actor", *, service: str = "", clock: float = 0.0, **environment: str
    ) -> Actor:
        """Return a service that says what it is told to; the same one for the same name.

        Args:
            name: of the actor, and of its service unless another is given.
            service: its service, where several actors play one.
            clock: seconds its clock is off.
            environment: added to its own.
        """
        with self._hiring:
            if name not in self._actors or not self._actors[name].alive:
                self._actors[name] = Actor(
                    self, name, service or name, clock=clock, environment=environment
                )
            return self._actors[name]

    def keep(self, running: AbstractContextManager[None]) -> None:
        """Have something go on until the campaign's end."""
        self._kept.enter_context(running)

    def dismiss(self) -> None:
        """End every actor, and what was kept."""
        self._kept.close()
        for actor in self._actors.values():
            actor.end()

    def pager(self) -> dict[str, Any]:
        """Return what the pager says of itself: the last heartbeat, and its pages."""
        answer: dict[str, Any] = self._ask("pager", "/pages?since=1e12")
        return answer

    @property
    def telemetry(self) -> dict[str, str]:
        """The environment of a service on this host."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.ports['otlp']}"}


class Actor:
    """One process of `examples.desk.actor`.

    Args:
        scene: whose pipeline it reports to.
        name: of its log.
        service: what it plays.
        clock: seconds its clock is off.
        environment: added to its own.
    """

    def __init__(
        self,
        scene: Scene,
        name: str,
        service: str,
        *,
        clock: float,
        environment: dict[str, str],
    ) -> None:
        self._lock = threading.Lock()
        log = scene.run_dir / "logs" / f"{name}.log"
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "examples.desk.actor"),
                    *("--name", service, "--clock", str(clock)),
                ],
                env={**os.environ, **scene.telemetry, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def say(
        self,
        do: str,
        of: dict[str, Any] | None = None,
        every: float | None = None,
        *positional: Any,
        **arguments: Any,
    ) -> None:
        """Have it call a method, once or every so many seconds.

        Raises:
            FaultError: it cannot.
        """
        line = {"do": do, "of": of or {}, "args": positional, "with": arguments}
        self._send(line if every is None else {**line, "every": every})

    def stop(self, key: str) -> None:
        """End what it repeats under an id."""
        self._send({"stop": key})

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> None:
        """End it in an orderly way, or by force where it does not."""
        stdin, stdout = self._pipes()
        if self.alive:
            self._process.send_signal(signal.SIGCONT)
        # The end of what it is told is the end of it.
        with contextlib.suppress(OSError):
            stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_SECONDS)
        stdout.close()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("the actor was started without pipes")
        return stdin, stdout

    def _send(self, line: dict[str, Any]) -> None:
        stdin, stdout = self._pipes()
        with self._lock:
            try:
                print(json.dumps(line), file=stdin, flush=True)
                answer = json.loads(stdout.readline() or '{"error": "it has ended"}')
            except (OSError, ValueError) as error:
                raise FaultError(f"the actor has ended: {error}") from error
        if "error" in answer:
            raise FaultError(f"the actor cannot {line.get('do')}: {answer['error']}")
