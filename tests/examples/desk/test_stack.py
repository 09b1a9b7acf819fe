"""The stack renders the production files for other ports, and changes nothing else."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.desk import stack as stacks
from examples.desk.stack import ROOT, Ports, Stack
from tools.build import BuildError, binary

PORTS = Ports(1001, 1002, 1003, 1004, 1005, 1006, 1007)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack on unusual ports."""
    return Stack(tmp_path / "run", PORTS)


def load(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rendered(stack: Stack, name: str) -> Any:
    """Read one of the files that the stack wrote."""
    return load(stack.run_dir / "config" / name)


@pytest.fixture
def no_grafana(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without Grafana; the folder is the whole PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("GRAFANA_HOME", raising=False)
    return programs


def test_free_ports_are_distinct_and_nobody_listens_there() -> None:
    """Tests beside a running demo, and beside each other, do not meet."""
    ports = astuple(Ports.free())
    assert len(set(ports)) == len(ports)
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_no_free_port_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better than a stack that fails to start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        monkeypatch.setattr(stacks, "FREE_PORTS", range(taken, taken + 1))
        with pytest.raises(RuntimeError, match="no 7 free ports"):
            Ports.free()


def test_prometheus_differs_in_addresses_and_paths_only(stack: Stack) -> None:
    """What the demo and the tests run is what production runs."""
    ours, committed = rendered(stack, "prometheus.yml"), load(ROOT / "storage/prometheus.yml")
    assert ours["alerting"]["alertmanagers"][0]["static_configs"] == [
        {"targets": ["127.0.0.1:1004"]}
    ]
    targets = {job["job_name"]: job["static_configs"] for job in ours["scrape_configs"]}
    assert targets["prometheus"] == [{"targets": ["127.0.0.1:1003"]}]
    assert targets["alertmanager"] == [{"targets": ["127.0.0.1:1004"]}]
    assert ours["rule_files"] == [str(ROOT / "alerting" / "rules" / "*.yaml")]
    for config in (ours, committed):
        for place in (*config["alerting"]["alertmanagers"], *config["scrape_configs"]):
            del place["static_configs"]
        del config["rule_files"]
    assert ours == committed


def test_usual_ports_render_the_committed_addresses(tmp_path: Path) -> None:
    """The defaults of `Ports` are the addresses in the committed files."""
    ours = rendered(Stack(tmp_path), "prometheus.yml")
    committed = load(ROOT / "storage/prometheus.yml")
    assert ours["scrape_configs"] == committed["scrape_configs"]
    assert ours["alerting"] == committed["alerting"]


def test_every_notification_goes_to_the_local_pager(stack: Stack) -> None:
    """Nobody outside is ever paged by the demo; secrets come from files, as in production."""
    pager = "http://127.0.0.1:1007"
    ours, committed = (
        rendered(stack, "alertmanager.yml"),
        load(ROOT / "alerting/alertmanager.yml"),
    )
    kinds = set()
    for receiver, usual in zip(ours["receivers"], committed["receivers"], strict=True):
        for kind in receiver.keys() - {"name"}:
            for mine, theirs in zip(receiver[kind], usual[kind], strict=True):
                kinds.add(kind)
                [key] = [key for key in mine if key.endswith("_file")]
                secret = Path(mine[key])
                assert secret.is_relative_to(stack.run_dir)
                assert secret.name == Path(theirs[key]).name
                if kind == "pagerduty_configs":
                    assert mine["url"] == f"{pager}/v2/enqueue"
                    assert secret.read_text() == secret.name
                else:
                    assert secret.read_text() == f"{pager}/{kind.removesuffix('_configs')}"
                    assert not {"url", "api_url"} & mine.keys()
    assert kinds == {"slack_configs", "pagerduty_configs", "webhook_configs"}


def test_links_of_a_notification_lead_to_this_run(stack: Stack) -> None:
    """The board and the runbooks of this run, by a template that is read last."""
    last = Path(rendered(stack, "alertmanager.yml")["templates"][-1]).read_text()
    assert '"fortuna.address.board" }}http://127.0.0.1:1005{{' in last
    assert '"fortuna.address.runbooks" }}http://127.0.0.1:1007{{' in last
    committed = (ROOT / "alerting" / "templates" / "links.tmpl").read_text(encoding="utf-8")
    for name in ("fortuna.address.board", "fortuna.address.runbooks"):
        assert f'define "{name}"' in committed


def test_routes_of_alertmanager_are_the_committed_ones(stack: Stack) -> None:
    """Grouping, inhibition and routing are tested as they will page."""
    ours, committed = (
        rendered(stack, "alertmanager.yml"),
        load(ROOT / "alerting/alertmanager.yml"),
    )
    assert ours["route"] == committed["route"]
    assert ours.get("inhibit_rules") == committed.get("inhibit_rules")
    assert [receiver["name"] for receiver in ours["receivers"]] == [
        receiver["name"] for receiver in committed["receivers"]
    ]


def test_rendered_files_say_that_they_are(stack: Stack) -> None:
    """Whoever edits one learns which file to edit."""
    for name, source in (("prometheus", "storage"), ("alertmanager", "alerting")):
        text = (stack.run_dir / "config" / f"{name}.yml").read_text(encoding="utf-8")
        assert text.startswith(f"# Generated from {source}/{name}.yml")


def test_the_real_programs_accept_what_is_rendered(stack: Stack) -> None:
    """The files pass promtool and amtool as they would be run."""
    for program, arguments in (
        ("promtool", ("check", "config", stack.run_dir / "config" / "prometheus.yml")),
        ("amtool", ("check-config", stack.run_dir / "config" / "alertmanager.yml")),
    ):
        answer = subprocess.run(
            [binary(program), *arguments], capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr


def test_components_are_the_pipeline_with_where_each_answers(stack: Stack) -> None:
    """Collector, Prometheus and Alertmanager, each with a URL that tells when it is up."""
    assert {process.name: process.ready for process in stack.components()} == {
        "collector": "http://127.0.0.1:1002",
        "prometheus": "http://127.0.0.1:1003/-/ready",
        "alertmanager": "http://127.0.0.1:1004/-/ready",
    }


def test_the_collector_runs_the_committed_files_unchanged(stack: Stack) -> None:
    """It takes its addresses from the environment."""
    collector = stack.components()[0]
    assert collector.argv[1:] == (
        f"--config={ROOT}/collector/single-host.yaml",
        f"--config={ROOT}/collector/critical.yaml",
    )
    assert collector.env["FORTUNA_OTLP_ENDPOINT"] == "127.0.0.1:1001"
    assert collector.env["FORTUNA_STORE_URL"] == "http://127.0.0.1:1003"
    assert Path(collector.env["FORTUNA_QUEUE_DIR"]).is_relative_to(stack.run_dir)


def test_every_variable_given_to_the_collector_is_one_it_reads(stack: Stack) -> None:
    """A renamed variable would silently leave the default in force."""
    config = (ROOT / "collector" / "single-host.yaml").read_text(encoding="utf-8")
    given = [name for name in stack.components()[0].env if name.startswith("FORTUNA_")]
    assert [name for name in given if f"${{env:{name}:-" not in config] == []


def test_missing_binaries_name_the_command(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rendering needs no binaries; running does."""
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(tmp_path / "empty"))
    with pytest.raises(BuildError, match=r"python3 tools/build\.py otelcol"):
        stack.components()


def test_without_grafana_there_is_none(stack: Stack, no_grafana: Path) -> None:
    """The demo works without it."""
    assert list(no_grafana.iterdir()) == []
    assert stack.grafana() is None


def install(folder: Path) -> Path:
    """Lay out what a Grafana release has; return its program."""
    (folder / "public").mkdir(parents=True)
    (folder / "bin").mkdir()
    program = folder / "bin" / "grafana"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_grafana_at_its_home_is_started_with_our_board(
    stack: Stack, no_grafana: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Anonymous viewers, our provisioning, its data in the run's directory."""
    program = install(tmp_path / "grafana")
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path / "grafana"))
    process = stack.grafana()
    assert process is not None
    assert process.argv == (str(program), "server", "--homepath", str(tmp_path / "grafana"))
    assert process.ready == "http://127.0.0.1:1005/api/health"
    assert process.env["GF_SERVER_HTTP_PORT"] == "1005"
    assert process.env["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert process.env["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert process.env["GF_PATHS_PROVISIONING"] == str(ROOT / "grafana-provisioning")
    assert Path(process.env["GF_PATHS_DATA"]).is_relative_to(stack.run_dir)
    assert process.env["FORTUNA_PROMETHEUS_URL"] == "http://127.0.0.1:1003"


def test_grafana_on_the_path_is_found_with_its_home(
    stack: Stack, no_grafana: Path, tmp_path: Path
) -> None:
    """A link on PATH into an unpacked release is enough."""
    program = install(tmp_path / "grafana")
    (no_grafana / "grafana").symlink_to(program)
    process = stack.grafana()
    assert process is not None
    assert process.argv[-2:] == ("--homepath", str(tmp_path / "grafana"))
