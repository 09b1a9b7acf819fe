"""A toy tool and a Go that compiles nothing, so that building is tested without a compiler."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tools import catalogue
from tools.catalogue import Tool, toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAKE_GO = """\
#!/bin/sh
if [ "$1" = env ]; then
    printf '%s\\n' "$FAKE_VERSION" linux amd64 "$FAKE_ROOT/build" "$FAKE_ROOT/modules"
    exit
fi
echo "$*" >> "$FAKE_ROOT/calls"
if [ "$1" = list ]; then echo "$GOFLAGS $PWD" >> "$FAKE_ROOT/calls"; exit; fi
echo "go: downloading example.org/dep v1.0.0"
echo "example.org/dep/internal"
sleep "$FAKE_SLEEP"
if [ -n "$FAKE_ERROR" ]; then echo "$FAKE_ERROR"; exit 1; fi
while [ "$1" != -o ]; do shift; done
echo built > "$2"
"""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where the toy is pinned and built."""

    root: Path
    tool: Tool

    @property
    def calls(self) -> list[str]:
        """Each `go build` that ran."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def kept(self) -> list[str]:
        """What is in the toy's part of the cache, besides the lock."""
        folder = self.root / "cache" / "tools" / "toy"
        return sorted(path.name for path in folder.glob("*") if path.name != ".lock")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A `tools/` folder with one toy tool, an empty cache and a fake Go on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "go").write_text(FAKE_GO)
    (programs / "go").chmod(0o755)
    pins = tmp_path / "tools" / "toy"
    pins.mkdir(parents=True)
    (pins / "go.mod").write_text("module toy\n\ngo 1.25.0\n\nrequire example.org/toy v1.2.3\n")
    (pins / "go.sum").write_text("example.org/toy v1.2.3 h1:abc=\n")
    monkeypatch.setattr(catalogue, "HERE", tmp_path / "tools")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_ROOT", str(tmp_path))
    monkeypatch.setenv("FAKE_VERSION", "go1.26.1")
    monkeypatch.setenv("FAKE_SLEEP", "0")
    monkeypatch.setenv("FAKE_ERROR", "")
    toolchain.cache_clear()
    yield Workshop(tmp_path, Tool("toy", {"toy": "example.org/toy/cmd"}, seconds=1, gib=0.0))
    toolchain.cache_clear()
