"""The shipped files say what they mean to say. Whether they work is tested beside this."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import ROOT, Settings
from tests.scale_out.nginx import Nginx

DEPLOY = ROOT / "deploy"
SETTINGS = {f"KLANTKOMPAS_{name.upper()}" for name in Settings.__fields__}


def settings_of(file: Path) -> dict[str, str]:
    """The variables of an environment file."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def documents(file: Path) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    return [document for document in yaml.safe_load_all(file.read_text()) if document]


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Everything for Kubernetes, by kind and name."""
    found = [document for file in (DEPLOY / "kubernetes").glob("*.yaml") for document in documents(file)]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def test_nginx_takes_the_shipped_files(tmp_path: Path) -> None:
    warnings = [line for line in Nginx(tmp_path).check_configuration().splitlines() if "[warn]" in line]
    # From 1.25 on it wants "http2 on" instead, which Debian 12's does not know.
    assert all('"listen ... http2" directive is deprecated' in line for line in warnings)


def check_settings(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that variables give. Fails if one of them is no setting."""
    assert set(given) <= SETTINGS
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_environment_file_holds_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings_of(DEPLOY / "klantkompas.env.example")
    assert check_settings(given, monkeypatch).proxies == 1
    commented = re.findall("^#(KLANTKOMPAS_[A-Z_]+)=", (DEPLOY / "klantkompas.env.example").read_text(), re.M)
    assert set(commented) <= SETTINGS


def test_compose_and_kubernetes_set_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    (compose,) = documents(DEPLOY / "compose" / "compose.yml")
    for name in ("worker-1", "worker-2"):
        check_settings(compose["services"][name]["environment"], monkeypatch)
    check_settings(manifests()["Secret", "klantkompas"]["stringData"], monkeypatch)


def test_compose_publishes_nothing_but_the_proxy() -> None:
    (compose,) = documents(DEPLOY / "compose" / "compose.yml")
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]
    for mount in compose["services"]["nginx"]["volumes"]:
        source = mount.split(":")[0]
        assert source.startswith("/") or (DEPLOY / "compose" / source).exists()
    workers = set(re.findall(r"server (\S+):5005 resolve", (DEPLOY / "compose/klantkompas-workers.conf").read_text()))
    assert workers == {name for name in compose["services"] if name.startswith("worker-")}


def test_kubernetes_passes_on_the_same_paths_and_sizes_as_nginx() -> None:
    conf = (DEPLOY / "nginx" / "klantkompas.conf").read_text()
    ours = set(re.findall(r"location (?:= )?(/\S*) \{[^}]*proxy_pass", conf)) - {"/webhooks/website/stream"}
    minions = [each for (kind, name), each in manifests().items() if kind == "Ingress" and name != "klantkompas"]
    paths = [path for minion in minions for rule in minion["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {path["path"] for path in paths} == ours
    sizes = {minion["metadata"]["annotations"]["nginx.org/client-max-body-size"] for minion in minions}
    assert sizes == set(re.findall(r"client_max_body_size (\w+);", conf))


def test_kubernetes_asks_the_routes_that_there_are() -> None:
    worker = manifests()["Deployment", "klantkompas"]["spec"]["template"]["spec"]["containers"][0]
    assert worker["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert worker["livenessProbe"]["httpGet"]["path"] == "/health/live"
    selector = manifests()["Service", "klantkompas"]["spec"]["selector"]
    labels = manifests()["Deployment", "klantkompas"]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()


def test_a_service_manager_waits_longer_than_a_worker_takes_to_finish() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / "klantkompas@.service")
    pod = manifests()["Deployment", "klantkompas"]["spec"]["template"]["spec"]
    (compose,) = documents(DEPLOY / "compose" / "compose.yml")
    waits = [
        int(unit["Service"]["TimeoutStopSec"]),
        pod["terminationGracePeriodSeconds"] - 5,
        int(compose["services"]["worker-1"]["stop_grace_period"].removesuffix("s")),
    ]
    assert min(waits) > 30, "Sanic's 15 s for connections, 5 s for answers on the website, 6 s for Slack"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        # The programs are where docs/deployment.md puts them, not here.
        text = unit.read_text().replace("/opt/klantkompas/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@5005.")).write_text(text.replace("/usr/bin/curl", "/bin/true"))
    units = sorted(tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
