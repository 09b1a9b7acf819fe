"""`fortuna-otel top` from the shell: once as text, and what is said when it cannot be."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import cli
from fortuna_otel.top.selection import Selection
from tests.top.prometheus import reading, warm

if TYPE_CHECKING:
    from tests.top.prometheus import Prometheus

NOW = "1970-01-01 00:01:00 UTC"


@pytest.fixture
def ready(fake: Prometheus) -> Prometheus:
    """A store whose answers are evaluated already."""
    with reading(fake) as reader:
        warm(fake.scene, reader, Selection())
    return fake


def words(text: str) -> list[str]:
    """Each line with one space between its words."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_once_prints_the_first_screen(
    ready: Prometheus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is on it, every row and alert, as plain text; exit code 0."""
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["top", "--url", ready.url, "--once"]) == 0
    lines = words(capsys.readouterr().out)
    assert lines[0] == f"fortuna · everything · USD · {NOW}"
    assert lines[2] == "client +130.05 client +32,000 bid 159,716 ask 247,249"
    assert lines[4] == "1 of 2! 0.4s 0 of 2 0 of 1 1!"
    assert lines[7:9] == [
        "globex kraken ETH/EUR ask only 1! – 0%! – 2,701 – – -19.80! – 71m 0.4s",  # noqa: RUF001
        "acme binance BTC/USDT kept – 31% 160% 63,990 64,010 25% 2.0 x 149.85 – 72m 0.4s",  # noqa: RUF001
    ]
    assert lines[10].startswith("PAGE 45s QuotesOneSided globex kraken ETH/EUR")
    assert "docs/runbooks/QuotesOneSided.md" in lines[10]


def test_filters_apply(ready: Prometheus, capsys: pytest.CaptureFixture[str]) -> None:
    """Each may be given, and repeated."""
    filters = ["--client", "globex", "--symbol", "ETH/EUR", "--tag", "core", "--interval", "1m"]
    assert cli.main(["top", "--url", ready.url, "--once", *filters]) == 0
    lines = words(capsys.readouterr().out)
    assert lines[0] == f"fortuna · client globex · symbol ETH/EUR · tag core · USD · {NOW}"
    assert "acme" not in " ".join(lines)
    assert cli.main(["top", "--url", ready.url, "--once", "--client=acme", "--client=globex"]) == 0
    assert words(capsys.readouterr().out)[2].startswith("client +130.05")


def test_what_is_left_out_is_said(ready: Prometheus, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused expression is named above the numbers."""
    ready.refused = "fortuna_venue_status"
    assert cli.main(["top", "--url", ready.url, "--once"]) == 0
    assert "~ the store refused venues not ok: too many samples" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--client", "acmee"], "--client acmee: no such client among what is selected; did you"),
        (["--reference", "CHF"], "there is USD"),
        (["--interval", "3s"], "--interval 3s: write one of 5s, 15s, 30s"),
        (["--url", "prometheus"], "'prometheus' is no address: write it as http://"),
        (["--url", "http://127.0.0.1:1"], "cannot be reached: connection refused"),
    ],
)
def test_bad_input_says_how_to_mend_it(
    ready: Prometheus, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """One line on standard error, exit code 2, no number."""
    assert cli.main(["top", "--url", ready.url, "--once", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("fortuna-otel top: ")
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("refresh", ["0", "often", "1000"])
def test_a_refresh_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], refresh: str
) -> None:
    """A store is not asked without a pause."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["top", "--refresh", refresh])
    assert caught.value.code == 2
    assert f"'{refresh}': write seconds from 0.2 to 300" in capsys.readouterr().err


def test_the_refresh_takes_a_unit(ready: Prometheus, capsys: pytest.CaptureFixture[str]) -> None:
    """`2s` is what the board's menu says."""
    assert cli.main(["top", "--url", ready.url, "--once", "--refresh", "2s"]) == 0
    assert "everything" in capsys.readouterr().out


def test_without_a_terminal_it_says_what_to_do(
    ready: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a script or a pipe: --once."""
    assert cli.main(["top", "--url", ready.url]) == 2
    assert capsys.readouterr().err == (
        "fortuna-otel top: this is no terminal: use --once to print the screen as text\n"
    )


def test_without_the_extra_it_says_which(
    ready: Prometheus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal library is missing: the command to get it; as text it works without."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "textual"]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("app", "screens", "widgets"):
        monkeypatch.delitem(sys.modules, f"fortuna_otel.top.{name}", raising=False)
    assert cli.main(["top", "--url", ready.url]) == 2
    assert "run: pip install 'fortuna-otel[top]'" in capsys.readouterr().err
    assert cli.main(["top", "--url", ready.url, "--once"]) == 0


def test_in_a_real_terminal(ready: Prometheus) -> None:
    """It draws the numbers, without colours where NO_COLOR says so, and ends with q."""
    ours, theirs = pty.openpty()
    seen = bytearray()
    complete = threading.Event()

    def read() -> None:
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:
                break
            seen.extend(part)
            if b"QuotesOneSided" in seen:
                complete.set()

    command = [sys.executable, "-m", "fortuna_otel.cli", "top", "--url", ready.url]
    environment = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
    environment |= {"COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    listening = threading.Thread(target=read)
    listening.start()
    try:
        assert complete.wait(30), bytes(seen[-500:])
        os.write(ours, b"q")
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        listening.join(10)
        os.close(ours)
    assert b"Traceback" not in seen
    # The terminal's own foreground on its own background; bold, dim and reverse are no colours.
    styles = set(re.findall(rb"\x1b\[([0-9;]*)m", bytes(seen)))
    assert {code for style in styles for code in style.split(b";")} <= set(b"0 1 2 7 39 49".split())
