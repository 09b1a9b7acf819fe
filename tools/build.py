"""Build the pinned Go tools (Collector, Prometheus, Alertmanager, linters) into a cache.

Runs with any Python >= 3.11 and nothing but its standard library, before anything is installed:

    python3 tools/build.py                 build what one host needs: `make demo`
    python3 tools/build.py --all           and Mimir, which `make test` needs too
    python3 tools/build.py promtool mimir  build these only
    python3 tools/build.py --list          what is built, and where
    python3 tools/build.py --print-bin promtool

Each tool is a Go module of its own (`tools/<tool>/go.mod`, `go.sum`): their dependencies fight
otherwise, and a committed go.sum makes Go verify every source file it fetches. The binaries land
in `${FORTUNA_OTEL_CACHE:-~/.cache/fortuna-otel}/tools/<tool>/<key>/`, outside the clone; the key is
a hash of everything that decides what they are: a changed pin builds anew, and an old build stays.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in (None, ""):  # run as a script: `tools` is not importable yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.catalogue import (
    OWNERS,
    TOOLS,
    BuildError,
    Go,
    Tool,
    binary,
    built,
    cache_root,
    named,
    place,
    toolchain,
)
from tools.progress import HEARTBEAT, Progress, clock, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["BuildError", "binary", "build_all", "main"]

GIB = 1 << 30


def check_space(tools: Sequence[Tool], go: Go) -> None:
    """Refuse to start a build that the disk cannot hold.

    How the space divides between the three folders is measured on cold builds.

    Raises:
        BuildError: A file system has less free space than the builds need.
    """
    total = sum(tool.gib for tool in tools)
    needs: dict[int, float] = {}
    where: dict[int, Path] = {}
    for folder, share in ((go.module_cache, 0.4), (go.build_cache, 0.5), (cache_root(), 0.1)):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        device = there.stat().st_dev
        needs[device] = needs.get(device, 0.0) + total * share
        where[device] = folder
    for device, need in needs.items():
        there = next(p for p in (where[device], *where[device].parents) if p.exists())
        free = shutil.disk_usage(there).free / GIB
        if free < need:
            raise BuildError(
                f"Building {', '.join(tool.name for tool in tools)} needs about {need:.1f} GiB, "
                f"and {where[device]} has {free:.1f} GiB free.\nFree some, or set "
                "FORTUNA_OTEL_CACHE, GOCACHE and GOMODCACHE to folders on a larger disk."
            )


@contextlib.contextmanager
def _exclusive(tool: Tool, progress: Progress) -> Iterator[None]:
    """Hold the tool's lock; the kernel drops it with the process, so none is ever left behind."""
    folder = cache_root() / tool.name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        said = -HEARTBEAT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if progress.elapsed - said >= HEARTBEAT:
                    said = progress.elapsed
                    print(f"{progress.label}: another build of it is running, waiting", flush=True)
                time.sleep(0.2)
        yield


def build(tool: Tool, go: Go, label: str) -> None:
    """Build one tool, unless another process just did: whole or not at all.

    Raises:
        BuildError: The build failed; the message says how to mend it.
    """
    progress = Progress(label, tool.seconds)
    target = place(tool, go)
    with _exclusive(tool, progress):
        if target.is_dir():
            progress.end("already built")
            return
        for leftover in target.parent.glob("tmp-*"):
            shutil.rmtree(leftover)
        stage = Path(tempfile.mkdtemp(prefix="tmp-", dir=target.parent))
        try:
            _build_in(stage, tool, go, progress)
            (stage / "out").rename(target)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    progress.end(f"built in {clock(progress.elapsed)}")


def _build_in(stage: Path, tool: Tool, go: Go, progress: Progress) -> None:
    scratch, out = stage / "tmp", stage / "out"
    scratch.mkdir()
    out.mkdir()
    env = go.environment(scratch)
    folder = tool.folder
    if tool.needs:
        folder = generate(stage, go, env, progress)
        for pin in ("go.mod", "go.sum"):
            shutil.copyfile(tool.folder / pin, folder / pin)
    flags = ["-v", "-trimpath", f"-tags={tool.tags}", f"-ldflags={tool.ldflags}"]
    for name, package in tool.binaries.items():
        run([go.path, "build", *flags, "-o", str(out / name), package], folder, env, progress)


def generate(
    stage: Path, go: Go, env: Mapping[str, str], progress: Progress, *, pins: bool = False
) -> Path:
    """Write the Collector's source from its manifest; return the folder it is in.

    Args:
        stage: An empty folder.
        go: The toolchain.
        env: Its environment.
        progress: Where to tell how it goes.
        pins: Also find go.mod and go.sum out, instead of leaving them to be copied.
    """
    ocb = place(named("ocb"), go) / "ocb"
    manifest = named("collector").folder / "manifest.yaml"
    options = ["--skip-compilation", f"--config={manifest}"]
    run([str(ocb), *options, f"--skip-get-modules={not pins}".lower()], stage, env, progress)
    return stage / "src"


def build_all(tools: Sequence[Tool]) -> None:
    """Build what is missing of these tools, and what it needs, telling how long each took.

    Raises:
        BuildError: Go, disk space or network are missing, or a build failed.
    """
    go = toolchain()
    missing: list[Tool] = []
    for tool in tools:
        if built(tool, go):
            continue
        needed = [named(tool.needs)] if tool.needs else []
        missing += [t for t in (*needed, tool) if t not in missing and not built(t, go)]
    names = ", ".join(name for tool in tools for name in tool.binaries)
    if not missing:
        print(f"tools: {names} already built, in {cache_root()}")
        return
    check_space(missing, go)
    expected = sum(tool.seconds for tool in missing)
    print(
        f"tools: building {len(missing)} with {go.version}, about {clock(expected)} min on two "
        f"cores when nothing is cached; kept in {cache_root()}",
        flush=True,
    )
    started = time.monotonic()
    for number, tool in enumerate(missing, 1):
        build(tool, go, f"[{number}/{len(missing)}] {tool.name} {tool.version}".rstrip(" ?"))
    print(f"tools: {names} ready after {clock(time.monotonic() - started)}")


def lock(tool: Tool) -> None:
    """Write go.mod and go.sum anew, after the version in go.mod or the manifest was changed.

    Raises:
        BuildError: A module cannot be fetched.
    """
    go = toolchain()
    progress = Progress(f"{tool.name}: go.mod and go.sum", 30)
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch)
        env = go.environment(stage) | {"GOFLAGS": "-mod=mod"}
        if tool.needs:
            build_all([named(tool.needs)])
            source = generate(stage, go, env, progress, pins=True)
            for pin in ("go.mod", "go.sum"):
                shutil.copyfile(source / pin, tool.folder / pin)
        else:
            command = [go.path, "list", "-deps", f"-tags={tool.tags}", *tool.binaries.values()]
            run(command, tool.folder, env, progress)
    progress.end(f"written in {clock(progress.elapsed)}")


def show(tools: Sequence[Tool]) -> None:
    """Print each tool, its pinned version, and where it is."""
    go = toolchain()
    for tool in tools:
        state = str(place(tool, go)) if built(tool, go) else "not built"
        print(f"{tool.name:13} {tool.version:38} {' '.join(tool.binaries):22} {state}")


def _chosen(names: Sequence[str], everything: bool) -> list[Tool]:
    if not names:
        return [tool for tool in TOOLS if tool.default or everything]
    by_name = {tool.name: tool for tool in TOOLS} | OWNERS
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise BuildError(
            f"There is no tool {', '.join(unknown)}. There are: {', '.join(sorted(by_name))}."
        )
    return [tool for tool in TOOLS if tool in [by_name[name] for name in names]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a tool or one of its binaries")
    parser.add_argument("--all", action="store_true", help="also Mimir: scale-out, and `make test`")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--list", action="store_true", help="show what is built, and where")
    action.add_argument("--print-bin", metavar="NAME", help="print the path of a built binary")
    action.add_argument("--lock", metavar="TOOL", help="write the pins anew after a change")
    options = parser.parse_args(argv)
    try:
        if options.print_bin:
            print(binary(options.print_bin))
        elif options.lock:
            lock(*_chosen([options.lock], everything=True))
        elif options.list:
            show(_chosen(options.names, everything=True))
        else:
            build_all(_chosen(options.names, options.all))
    except BuildError as error:
        print(f"\n{error}" if sys.stdout.isatty() else error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        return 1
    except OSError as error:
        remedy = "FORTUNA_OTEL_CACHE names another folder for what is built."
        print(f"{error}\n{remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; nothing half-built is left behind", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
