"""What is built: each pinned tool, the Go it needs, and where its binaries are kept."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent


class BuildError(Exception):
    """A build that cannot go on; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One Go module under `tools/`, and what is built from it."""

    name: str
    binaries: Mapping[str, str]  # name of the binary -> its Go package
    seconds: int  # a cold build on two cores, measured
    gib: float  # disk that a cold build takes in Go's caches and ours, measured
    tags: str = ""
    ldflags: str = "-s -w"
    default: bool = True
    needs: str | None = None  # a tool that generates this one's source

    @property
    def folder(self) -> Path:
        """Where its pins are committed."""
        return HERE / self.name

    @property
    def pins(self) -> list[Path]:
        """The committed files that decide what is built."""
        names = ("go.mod", "go.sum", "manifest.yaml")
        return [self.folder / name for name in names if (self.folder / name).is_file()]

    @property
    def version(self) -> str:
        """The pinned version of the module that the first binary comes from."""
        manifest = self.folder / "manifest.yaml"
        if manifest.is_file():
            text = manifest.read_text(encoding="utf-8")
            return f"v{text.partition('  version: ')[2].split()[0]}"
        package = next(iter(self.binaries.values()))
        best, version = "", "?"
        text = (self.folder / "go.mod").read_text(encoding="utf-8")
        for module, pinned in re.findall(r"^(?:require)?\s+(\S+) (v\S+)", text, re.MULTILINE):
            if f"{package}/".startswith(f"{module}/") and len(module) > len(best):
                best, version = module, pinned
        return version


TOOLS: tuple[Tool, ...] = (
    Tool(
        "ocb",
        {"ocb": "go.opentelemetry.io/collector/cmd/builder"},
        seconds=25,
        gib=0.2,
        default=False,  # built when the Collector has to be
    ),
    Tool(
        "collector",
        {"otelcol": "."},
        seconds=150,
        gib=1.0,
        needs="ocb",
    ),
    Tool(
        "prometheus",
        {
            "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
            "promtool": "github.com/prometheus/prometheus/cmd/promtool",
        },
        seconds=240,
        gib=1.9,
        # No web interface (not part of the module) and no service discovery: we push.
        tags="remove_all_sd,builtinassets_none",
        ldflags="-s -w -X github.com/prometheus/common/version.Version=3.14.0",
    ),
    Tool(
        "alertmanager",
        {
            "alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager",
            "amtool": "github.com/prometheus/alertmanager/cmd/amtool",
        },
        seconds=70,
        gib=0.6,
        ldflags="-s -w -X github.com/prometheus/common/version.Version=0.31.1",
    ),
    Tool("pint", {"pint": "github.com/cloudflare/pint/cmd/pint"}, seconds=50, gib=0.5),
    # Reads deploy/compose.yaml as Docker does, where no container engine runs.
    Tool("compose", {"compose": "github.com/compose-spec/compose-go/v2/cmd"}, seconds=10, gib=0.1),
    Tool(
        "mimir",
        {"mimir": "github.com/grafana/mimir/cmd/mimir"},
        seconds=280,
        gib=2.5,
        tags="netgo,stringlabels",
        default=False,
    ),
)
OWNERS: dict[str, Tool] = {name: tool for tool in TOOLS for name in tool.binaries}


@dataclass(frozen=True, slots=True)
class Go:
    """The Go toolchain on PATH."""

    path: str
    version: str  # as `go version` says it: go1.26.8
    os: str
    arch: str
    build_cache: Path
    module_cache: Path

    def environment(self, scratch: Path) -> dict[str, str]:
        """Make the user's environment one in which a build is the same on every machine.

        Proxy, checksum database and cache settings stay the user's. GOFLAGS is set rather than
        removed because an empty variable falls back to what `go env -w` wrote.
        """
        kept = {name: value for name, value in os.environ.items() if name != "GOEXPERIMENT"}
        return kept | {
            "CGO_ENABLED": "0",
            "GO111MODULE": "on",
            "GOARCH": self.arch,
            "GOFLAGS": "-mod=readonly",
            "GOOS": self.os,
            "GOTMPDIR": str(scratch),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def cache_root() -> Path:
    """Return the folder that holds what is built, outside the clone."""
    root = os.environ.get("FORTUNA_OTEL_CACHE") or "~/.cache/fortuna-otel"
    return Path(root).expanduser().resolve() / "tools"


def required_go() -> str:
    """Return the newest Go version that any of the modules asks for."""
    wanted = ["1.0"]
    for module in HERE.glob("*/go.mod"):
        text = module.read_text(encoding="utf-8")
        wanted += re.findall(r"^go (\d[\d.]*)", text, re.MULTILINE)
    return max(wanted, key=_numbers)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


@functools.cache
def toolchain() -> Go:
    """Find Go and check that it is new enough.

    Raises:
        BuildError: Go is missing or too old.
    """
    wanted = required_go()
    path = shutil.which("go")
    remedy = (
        "The Collector, Prometheus and Alertmanager are built from source, which needs Go "
        f"{wanted} or newer.\nGet it from https://go.dev/doc/install or your package manager, see "
        "that `go version` answers, and run this again."
    )
    if path is None:
        raise BuildError(f"Go is not on PATH.\n{remedy}")
    names = ("GOVERSION", "GOHOSTOS", "GOHOSTARCH", "GOCACHE", "GOMODCACHE")
    answer = subprocess.run(
        [path, "env", *names],
        cwd=HERE,
        env=os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    values = answer.stdout.splitlines()
    if answer.returncode or len(values) != len(names):
        raise BuildError(f"`{path} env` failed: {answer.stderr.strip()}\n{remedy}")
    version, system, machine, build_cache, module_cache = values
    if _numbers(version) < _numbers(wanted):
        raise BuildError(f"{path} is {version}: too old.\n{remedy}")
    return Go(path, version, system, machine, Path(build_cache), Path(module_cache))


def key(tool: Tool, go: Go) -> str:
    """Hash everything that decides what is built: pins, flags, Go and the platform."""
    digest = hashlib.sha256()
    for part in (go.version, go.os, go.arch, tool.tags, tool.ldflags, *sorted(tool.binaries)):
        digest.update(part.encode() + b"\0")
    for path in tool.pins:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    if tool.needs:
        digest.update(key(named(tool.needs), go).encode())
    return digest.hexdigest()[:16]


def named(name: str) -> Tool:
    """Return the tool of this name."""
    return next(tool for tool in TOOLS if tool.name == name)


def place(tool: Tool, go: Go) -> Path:
    """Return the folder that this tool's binaries are, or will be, in."""
    return cache_root() / tool.name / key(tool, go)


def built(tool: Tool, go: Go) -> bool:
    """Tell whether the pinned version is there; a folder appears only when it is whole."""
    return place(tool, go).is_dir()


def binary(name: str) -> Path:
    """Return the path of a built binary, such as `promtool` or `otelcol`.

    Raises:
        BuildError: There is no such tool, it is not built yet, or Go is missing.
    """
    if name not in OWNERS:
        raise BuildError(f"There is no tool {name!r}. There are: {', '.join(sorted(OWNERS))}.")
    path = place(OWNERS[name], toolchain()) / name
    if not path.is_file():
        raise BuildError(f"{name} is not built yet: run `python3 tools/build.py {name}`.")
    return path
