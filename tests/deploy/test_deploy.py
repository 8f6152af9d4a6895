"""What `deploy/` holds: settings, systemd, Kubernetes. The files agree with one another and with the settings."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from picustream import __version__
from picustream.board.access.exposure import exposure
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import CONFIG, Settings
from tests.gateways.certificates import party
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
KNOWN = {f"PICUSTREAM_{field}".upper() for field in Settings.model_fields} | {CONFIG}


PODS = [("StatefulSet", "picustream"), ("Deployment", "picustream-store"), ("Deployment", "picustream-board")]


def kubernetes(kind: str, name: str = "picustream") -> dict[str, Any]:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes.yml").read_text()))
    (found,) = [one for one in documents if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def secure() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.secure.yml").read_text())


def example() -> dict[str, Any]:
    return tomllib.loads((DEPLOY / "picustream.example.toml").read_text())


def test_the_example_is_a_file_of_settings_and_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(CONFIG, str(DEPLOY / "picustream.example.toml"))
    settings = Settings()
    assert settings.kafka_security == "SASL_SSL" and settings.redis.startswith("rediss://")
    assert "change-me" not in repr(settings)


def test_the_files_that_the_example_names_are_the_secrets_of_the_compose_file() -> None:
    named = {value for key, value in example().items() if key.endswith("_file")}
    environment = secure()["services"]["worker"]["environment"]
    assert {f"/run/secrets/{name}" for name in secure()["secrets"]} == named | {environment[CONFIG]}


def test_secrets_of_a_site_are_not_committed() -> None:
    ignored = (DEPLOY / ".gitignore").read_text().splitlines()
    for secret in secure()["secrets"].values():
        name = Path(secret["file"]).name
        assert name in ignored or f"*{Path(name).suffix}" in ignored


def test_a_worker_under_systemd_has_a_slot_a_port_and_nothing_else_to_itself() -> None:
    lines = (DEPLOY / "picustream@.service").read_text().splitlines()
    variables = dict(
        line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment=")
    )
    assert variables.keys() <= KNOWN
    assert "%i" in variables["PICUSTREAM_INSTANCE"] and "%i" in variables["PICUSTREAM_HTTP_PORT"]
    assert {"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="} <= set(lines)
    assert "ExecStart=/opt/picustream/bin/picustream worker" in lines


def test_a_read_model_under_systemd_has_a_folder_of_its_own_and_is_as_confined_as_a_worker() -> None:
    units = [(DEPLOY / name).read_text().splitlines() for name in ("picustream-store@.service", "picustream@.service")]
    lines = units[0]
    variables = dict(
        line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment=")
    )
    assert variables.keys() <= KNOWN
    [folder] = [line.partition("=")[2] for line in lines if line.startswith("StateDirectory=")]
    assert variables["PICUSTREAM_STORE"] == f"/var/lib/{folder}/store.sqlite" and "%i" in folder
    assert "ExecStart=/opt/picustream/bin/picustream store follow --for %i" in lines
    sandbox = [set(unit[unit.index("DynamicUser=yes") : unit.index("UMask=0077")]) for unit in units]
    assert sandbox[0] == sandbox[1]


def test_a_board_under_systemd_keeps_its_files_in_its_own_folder_and_is_as_confined_as_a_worker() -> None:
    units = [(DEPLOY / name).read_text().splitlines() for name in ("picustream-board.service", "picustream@.service")]
    lines = units[0]
    variables = dict(
        line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment=")
    )
    assert variables.keys() <= KNOWN
    [folder] = [line.partition("=")[2] for line in lines if line.startswith("StateDirectory=")]
    assert all(path.startswith((f"/var/lib/{folder}/", "%d/")) for path in variables.values())
    assert "ExecStart=/opt/picustream/bin/picustream board" in lines
    sandbox = [set(unit[unit.index("DynamicUser=yes") : unit.index("UMask=0077")]) for unit in units]
    assert sandbox[0] == sandbox[1]


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_a_pod_may_do_no_more_than_it_must(kind: str, name: str) -> None:
    pod = kubernetes(kind, name)["spec"]["template"]["spec"]
    (worker,) = pod["containers"]
    assert worker["image"] == f"picustream:{__version__}"
    assert worker["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
    assert worker["resources"]["limits"].keys() == {"memory"}


@pytest.mark.parametrize("name", ["picustream-store", "picustream-board"])
def test_what_keeps_a_file_is_one_pod_with_a_volume_for_it(name: str) -> None:
    deployment, claim = kubernetes("Deployment", name)["spec"], kubernetes("PersistentVolumeClaim", name)
    assert deployment["replicas"] == 1 and deployment["strategy"] == {"type": "Recreate"}
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes.keys() == mounts.keys()
    [(volume, _)] = [(kept, one) for kept, one in volumes.items() if "persistentVolumeClaim" in one]
    assert volumes[volume]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert all(mount.get("readOnly") == (True if kept != volume else None) for kept, mount in mounts.items())
    assert all("secret" in one for kept, one in volumes.items() if kept != volume)
    variables = variables_of(container)
    assert variables.keys() <= KNOWN
    folders = tuple(f"{mount['mountPath']}/" for mount in mounts.values())
    assert all(value.startswith(folders) for value in variables.values() if value.startswith("/"))
    assert variables["PICUSTREAM_STORE"].startswith(f"{mounts[volume]['mountPath']}/")


def variables_of(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_whatever_the_board_writes_is_on_its_volume() -> None:
    (board,) = kubernetes("Deployment", "picustream-board")["spec"]["template"]["spec"]["containers"]
    written = {"STORE", "BOARD_WARD_STORE", "BOARD_ACCOUNTS", "BOARD_AUDIT"}
    variables = variables_of(board)
    assert {Path(variables[f"PICUSTREAM_{name}"]).parent for name in written} == {Path("/var/lib/picustream")}


def test_the_board_is_reached_by_tls_alone_and_asked_how_it_is() -> None:
    """By its pages: `picustream-healthy` asks a worker."""
    (board,) = kubernetes("Deployment", "picustream-board")["spec"]["template"]["spec"]["containers"]
    variables = variables_of(board)
    [port] = board["ports"]
    assert str(port["containerPort"]) == variables["PICUSTREAM_BOARD_PORT"]
    probes = [board[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")]
    asked = {"path": "/healthz", "port": port["name"], "scheme": "HTTPS"}
    assert probes == [asked | {"httpHeaders": [{"name": "Host", "value": "localhost"}]}] * 3
    [served] = kubernetes("Service", "picustream-board")["spec"]["ports"]
    assert (served["port"], served["targetPort"]) == (443, port["name"])


def test_the_settings_of_the_board_s_pod_are_enough_with_those_of_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are refused without a log-in, and not for anything else."""
    (board,) = kubernetes("Deployment", "picustream-board")["spec"]["template"]["spec"]["containers"]
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    secret = party(tmp_path, "board")
    files = {"/run/tls/tls.crt": str(secret.certificate), "/run/tls/tls.key": str(secret.key_file)}
    for name, value in variables_of(board).items():
        monkeypatch.setenv(name, files.get(value, value.replace("/var/lib/picustream", str(tmp_path))))
    config = tmp_path / "board.toml"
    monkeypatch.setenv(CONFIG, str(config))
    config.write_text('board_names = "board.hospital.example"\n')
    with pytest.raises(BadSettings, match="nobody has to say who they are"):
        exposure(Settings())
    config.write_text('board_names = "board.hospital.example"\nboard_access = "accounts"\n')
    shown = exposure(Settings())
    assert shown.tls is not None
    assert {"board.hospital.example", "localhost"} <= shown.names


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_a_pod_runs_as_the_user_of_the_image(kind: str, name: str) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (DEPLOY.parent / "Dockerfile").read_text(), re.MULTILINE)
    context = kubernetes(kind, name)["spec"]["template"]["spec"]["securityContext"]
    assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user.groups()


def test_a_pods_name_is_its_slot_and_its_settings_are_the_secret() -> None:
    (worker,) = kubernetes("StatefulSet")["spec"]["template"]["spec"]["containers"]
    name = {"fieldRef": {"fieldPath": "metadata.name"}}
    assert worker["env"] == [
        {"name": CONFIG, "value": "/run/secrets/settings"},
        {"name": "PICUSTREAM_INSTANCE", "valueFrom": name},
    ]
    assert {variable["name"] for variable in worker["env"]} <= KNOWN
    assert kubernetes("StatefulSet")["spec"]["serviceName"] == kubernetes("Service")["metadata"]["name"]


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_pods_are_found_by_one_label(kind: str, name: str) -> None:
    label = {"app.kubernetes.io/name": name}
    pods = kubernetes(kind, name)["spec"]
    assert pods["selector"]["matchLabels"] == pods["template"]["metadata"]["labels"] == label


@pytest.mark.parametrize("name", ["picustream", "picustream-board"])
def test_what_is_called_is_found_by_its_label(name: str) -> None:
    label = {"app.kubernetes.io/name": name}
    assert kubernetes("Service", name)["spec"]["selector"] == label


def test_of_the_workers_one_at_a_time_may_be_moved() -> None:
    label = {"app.kubernetes.io/name": "picustream"}
    assert kubernetes("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == label
