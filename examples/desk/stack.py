"""The pipeline of one host: the production configuration files, rendered for this run's ports.

Starts nothing. `make demo` and the end-to-end tests run what `Stack.components()` lists. What they
run is what production runs: rendering replaces addresses, directories and secret files, no more.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[2]
# Below the range that Linux gives to outgoing connections, which could take a port meanwhile.
FREE_PORTS = range(20_000, 32_000)
QUEUE_BYTES = 500_000_000  # a demo's outage, not a fleet's


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens, on 127.0.0.1."""

    otlp: int = 4318
    health: int = 13133
    prometheus: int = 9090
    alertmanager: int = 9093
    grafana: int = 3000
    exchange: int = 8500
    pager: int = 8501

    @classmethod
    def free(cls) -> Ports:
        """Pick ports that nobody listens on now, for tests.

        Raises:
            RuntimeError: There are not enough of them.
        """
        chosen: list[int] = []
        for port in random.sample(FREE_PORTS, k=len(FREE_PORTS)):
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    chosen.append(port)
            if len(chosen) == len(fields(cls)):
                return cls(*chosen)
        raise RuntimeError(f"no {len(fields(cls))} free ports between {FREE_PORTS}: end something")


@dataclass(frozen=True, slots=True)
class Process:
    """One process to run."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)  # added to the caller's environment
    ready: str | None = None  # a URL that answers 200 once it is up


class Stack:
    """Collector, Prometheus, Alertmanager and, where it is installed, Grafana.

    Args:
        run_dir: Where configuration, data and the demo's secrets go; made if absent.
        ports: Where everything listens.

    Raises:
        OSError: A committed configuration file is missing, or run_dir cannot be written.
    """

    def __init__(self, run_dir: Path, ports: Ports = Ports()) -> None:
        self.run_dir = run_dir.resolve()
        self.ports = ports
        self._render("storage/prometheus.yml", self._prometheus)
        self._render("alerting/alertmanager.yml", self._alertmanager)

    def url(self, name: str) -> str:
        """Return the address of a part by its name in `Ports`."""
        return f"http://{self._address(name)}"

    def components(self) -> list[Process]:
        """List the processes of the pipeline.

        Raises:
            BuildError: A binary is not built yet; the message says how.
        """
        return [
            Process(
                "collector",
                (
                    str(binary("otelcol")),
                    f"--config={ROOT / 'collector' / 'single-host.yaml'}",
                    f"--config={ROOT / 'collector' / 'critical.yaml'}",
                ),
                {
                    "FORTUNA_OTLP_ENDPOINT": self._address("otlp"),
                    "FORTUNA_HEALTH_ENDPOINT": self._address("health"),
                    "FORTUNA_STORE_URL": self.url("prometheus"),
                    "FORTUNA_QUEUE_DIR": str(self._data("queue")),
                    "FORTUNA_QUEUE_BYTES": str(QUEUE_BYTES),
                    "FORTUNA_HOST_NAME": socket.gethostname(),
                    "FORTUNA_ENVIRONMENT": "demo",
                    "GOMEMLIMIT": "819MiB",
                    "GOGC": "400",
                },
                self.url("health"),
            ),
            Process(
                "prometheus",
                (
                    str(binary("prometheus")),
                    f"@{ROOT / 'storage' / 'prometheus.flags'}",
                    f"--config.file={self._config('prometheus.yml')}",
                    f"--storage.tsdb.path={self._data('prometheus')}",
                    f"--web.listen-address={self._address('prometheus')}",
                    f"--web.external-url={self.url('prometheus')}",
                ),
                ready=f"{self.url('prometheus')}/-/ready",
            ),
            Process(
                "alertmanager",
                (
                    str(binary("alertmanager")),
                    f"--config.file={self._config('alertmanager.yml')}",
                    f"--storage.path={self._data('alertmanager')}",
                    f"--web.listen-address={self._address('alertmanager')}",
                    f"--web.external-url={self.url('alertmanager')}",
                    "--cluster.listen-address=",  # one node gossips with nobody
                    # What was told is kept this often, or a crash has it told again.
                    "--data.maintenance-interval=15s",
                    "--enable-feature=receiver-name-in-metrics",
                ),
                ready=f"{self.url('alertmanager')}/-/ready",
            ),
        ]

    def grafana(self) -> Process | None:
        """Return Grafana with our board, or None: neither on PATH nor at GRAFANA_HOME."""
        home = os.environ.get("GRAFANA_HOME")
        program = shutil.which("grafana", path=f"{home}/bin") if home else shutil.which("grafana")
        if program is None:
            return None
        # A distribution's package puts the binary into /usr/sbin and everything else here.
        homes = (Path(program).resolve().parents[1], Path("/usr/share/grafana"))
        found = home or next((str(path) for path in homes if (path / "public").is_dir()), None)
        if found is None:
            return None
        data = self._data("grafana")
        provisioning = ROOT / "grafana-provisioning"
        settings = {
            "analytics_check_for_plugin_updates": "false",
            "analytics_check_for_updates": "false",
            "analytics_reporting_enabled": "false",
            "auth_anonymous_enabled": "true",
            "auth_anonymous_org_role": "Viewer",
            "auth_basic_enabled": "false",
            "auth_disable_login_form": "true",
            "dashboards_default_home_dashboard_path": str(
                provisioning / "dashboards" / "fortuna.json"
            ),
            "dashboards_min_refresh_interval": "1s",
            "date_formats_default_timezone": "utc",
            "news_news_feed_enabled": "false",
            "paths_data": str(data),
            "paths_logs": str(data / "log"),
            "paths_plugins": str(data / "plugins"),
            "paths_provisioning": str(provisioning),
            "plugins_preinstall_disabled": "true",  # it would download, and wait for it
            "server_http_addr": "127.0.0.1",
            "server_http_port": str(self.ports.grafana),
            # Until then a new Grafana would send by e-mail what it finds.
            "unified_alerting_alertmanager_config_poll_interval": "10s",
        }
        return Process(
            "grafana",
            (program, "server", "--homepath", found),
            {f"GF_{name.upper()}": value for name, value in settings.items()}
            | {
                "FORTUNA_PROMETHEUS_URL": self.url("prometheus"),
                "FORTUNA_ALERTMANAGER_URL": self.url("alertmanager"),
                **self._contacts(),
            },
            f"{self.url('grafana')}/api/health",
        )

    def _contacts(self) -> dict[str, str]:
        """Send what Grafana sends to the local pager too, and nothing off this machine."""
        points = ROOT / "grafana-provisioning" / "alerting" / "contact-points.yaml"
        pager = self.url("pager")
        # Grafana knows one address of PagerDuty; the pager refuses to be a proxy to it.
        found = {"HTTPS_PROXY": pager}
        for name in re.findall(r"\$\{(FORTUNA_\w+)\}", points.read_text(encoding="utf-8")):
            path = "slack" if "SLACK" in name else "webhook"
            found[name] = f"{pager}/{path}" if name.endswith("URL") else name.lower()
        return found

    def _address(self, name: str) -> str:
        return f"127.0.0.1:{getattr(self.ports, name)}"

    def _config(self, name: str) -> Path:
        return self._made("config") / name

    def _data(self, name: str) -> Path:
        return self._made("data") / name

    def _made(self, name: str) -> Path:
        folder = self.run_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _render(self, source: str, change: Callable[[dict[str, Any]], None]) -> None:
        config = yaml.safe_load((ROOT / source).read_text(encoding="utf-8"))
        change(config)
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        self._config(Path(source).name).write_text(
            f"# Generated from {source} for this run; changes here are lost.\n{text}",
            encoding="utf-8",
        )

    def _prometheus(self, config: dict[str, Any]) -> None:
        targets = {
            f"127.0.0.1:{usual.default}": self._address(usual.name) for usual in fields(Ports)
        }
        for group in (*config["alerting"]["alertmanagers"], *config["scrape_configs"]):
            for static in group["static_configs"]:
                static["targets"] = [targets[target] for target in static["targets"]]
        config["rule_files"] = [_absolute("storage", path) for path in config["rule_files"]]

    def _alertmanager(self, config: dict[str, Any]) -> None:
        """Send every notification to the local pager, whoever it is meant for.

        Secrets stay files of the same names; a routing key is its file's name, to tell them apart.
        """
        pager = self.url("pager")
        secrets = {"slack_configs": f"{pager}/slack", "webhook_configs": f"{pager}/webhook"}
        for receiver in config["receivers"]:
            for kind in receiver.keys() - {"name"}:
                for integration in receiver[kind]:
                    for key in [key for key in integration if key.endswith("_file")]:
                        path = self._made("secrets") / Path(integration[key]).name
                        path.write_text(secrets.get(kind, path.name), encoding="utf-8")
                        integration[key] = str(path)
                    if kind == "pagerduty_configs":
                        integration["url"] = f"{pager}/v2/enqueue"
        links = self._config("addresses.tmpl")
        links.write_text(
            f'{{{{ define "fortuna.address.board" }}}}{self.url("grafana")}{{{{ end }}}}\n'
            f'{{{{ define "fortuna.address.runbooks" }}}}{pager}{{{{ end }}}}\n',
            encoding="utf-8",
        )
        # What is read last wins.
        templates = [_absolute("alerting", path) for path in config["templates"]]
        config["templates"] = [*templates, str(links)]


def _absolute(folder: str, path: str) -> str:
    return os.path.normpath(ROOT / folder / path)
