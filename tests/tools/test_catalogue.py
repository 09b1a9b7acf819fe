"""The pins of the real tools agree with each other, and decide where binaries are kept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from tools import catalogue
from tools.catalogue import (
    HERE,
    TOOLS,
    BuildError,
    Tool,
    binary,
    cache_root,
    key,
    named,
    required_go,
    toolchain,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.conftest import Workshop


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_pinned_and_verified(tool: Tool) -> None:
    """Each tool's module names an exact version, and sums to verify it with."""
    assert re.fullmatch(r"v\d+\.\d+\.\d+(-\S+)?", tool.version)
    sums = (tool.folder / "go.sum").read_text(encoding="utf-8")
    assert len(re.findall(r" h1:\S{43}=$", sums, re.MULTILINE)) > 10


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_file_of_a_tool_names_a_registry(tool: Tool) -> None:
    """Where modules come from is the machine's affair."""
    for pin in tool.pins:
        assert not re.search(r"https?://[^ ]*proxy", pin.read_text(encoding="utf-8"))


def test_each_binary_comes_from_one_tool() -> None:
    """A binary's name says which tool it is."""
    names = [name for tool in TOOLS for name in tool.binaries]
    assert len(names) == len(set(names))


def test_collector_components_are_pinned_as_the_manifest_says() -> None:
    """A changed manifest without new pins is found before anybody builds."""
    manifest = yaml.safe_load((named("collector").folder / "manifest.yaml").read_text("utf-8"))
    kinds = ("receivers", "processors", "exporters", "extensions", "providers")
    wanted = {component["gomod"] for kind in kinds for component in manifest[kind]}
    pinned = re.findall(
        r"^\t(\S+ v\S+)$", (named("collector").folder / "go.mod").read_text("utf-8"), re.MULTILINE
    )
    assert wanted - set(pinned) == set()


def test_collector_and_its_builder_are_of_one_release() -> None:
    """The builder writes code for its own release of the Collector."""
    assert named("ocb").version == named("collector").version


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_the_stamped_version_is_the_pinned_one(name: str) -> None:
    """`--version` tells the truth: Go cannot know it for a dependency."""
    tool = named(name)
    stamped = tool.ldflags.rpartition("version.Version=")[2]
    major, minor, patch = tool.version.removeprefix("v").split(".")
    # Prometheus' module says v0.314.0 for 3.14.0.
    usual = (
        f"{minor[0]}.{int(minor[1:])}.{patch}" if len(minor) == 3 else f"{major}.{minor}.{patch}"
    )
    assert stamped == usual


def test_the_key_changes_with_every_pin(workshop: Workshop) -> None:
    """Another version, flag, Go or platform is another binary."""
    go, tool = toolchain(), workshop.tool
    seen = {key(tool, go)}
    seen.add(key(replace(tool, tags="netgo"), go))
    seen.add(key(replace(tool, ldflags="-s"), go))
    seen.add(key(tool, replace(go, version="go1.27.0")))
    seen.add(key(tool, replace(go, arch="arm64")))
    (tool.folder / "go.sum").write_text("example.org/toy v1.2.4 h1:abc=\n")
    seen.add(key(tool, go))
    assert len(seen) == 6


def test_the_key_ignores_what_does_not_matter(workshop: Workshop) -> None:
    """An estimate of time or space is no reason to build again."""
    go, tool = toolchain(), workshop.tool
    assert key(replace(tool, seconds=99, gib=9.0), go) == key(tool, go)


def test_the_newest_go_that_a_module_asks_for_is_required() -> None:
    """One toolchain builds them all."""
    assert required_go() == "1.26.0"
    assert HERE.name == "tools"


def test_missing_go_says_which_and_how(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go, the message names the version and where to get it."""
    monkeypatch.setenv("PATH", str(workshop.root / "nothing"))
    with pytest.raises(BuildError, match=r"(?s)not on PATH.*Go 1\.25\.0 or newer.*go\.dev"):
        toolchain()


def test_old_go_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Go below what the modules ask for is named, with what is needed."""
    monkeypatch.setenv("FAKE_VERSION", "go1.22.9")
    with pytest.raises(BuildError, match=r"(?s)go1\.22\.9: too old.*Go 1\.25\.0 or newer"):
        toolchain()


def test_a_newer_go_is_taken_by_number(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """1.100 is newer than 1.25, though not by the alphabet."""
    monkeypatch.setenv("FAKE_VERSION", "go1.100")
    assert toolchain().version == "go1.100"


def test_builds_do_not_depend_on_the_users_go_settings(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What changes the result is set; where modules come from stays the user's."""
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("GOEXPERIMENT", "something")
    monkeypatch.setenv("GOPROXY", "file:///modules")
    env = toolchain().environment(tmp_path)
    assert env["GOFLAGS"] == "-mod=readonly"
    assert env["GOOS"] == "linux"
    assert "GOEXPERIMENT" not in env
    assert env["GOPROXY"] == "file:///modules"


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """FORTUNA_OTEL_CACHE holds what is built; else the user's cache, never the clone."""
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(tmp_path / "elsewhere"))
    assert cache_root() == tmp_path / "elsewhere" / "tools"
    monkeypatch.delenv("FORTUNA_OTEL_CACHE")
    assert not cache_root().is_relative_to(HERE.parent)


def test_an_unknown_binary_lists_the_known() -> None:
    """A typing error costs one message."""
    with pytest.raises(BuildError, match=r"no tool 'promtol'.*promtool"):
        binary("promtol")


def test_a_missing_binary_names_the_command(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not built yet says what builds it."""
    monkeypatch.setitem(catalogue.OWNERS, "toy", workshop.tool)
    with pytest.raises(BuildError, match=r"python3 tools/build\.py toy"):
        binary("toy")
