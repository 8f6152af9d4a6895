"""What `deploy/` holds: settings, systemd, Kubernetes. The files agree with one another and with the settings."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from picustream import __version__
from picustream.runtime.settings import CONFIG, Settings
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
KNOWN = {f"PICUSTREAM_{field}".upper() for field in Settings.model_fields} | {CONFIG}


def kubernetes(kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes.yml").read_text())
    (found,) = [document for document in documents if document["kind"] == kind]
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


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_a_pod_may_do_no_more_than_it_must(kind: str) -> None:
    pod = kubernetes(kind)["spec"]["template"]["spec"]
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


def test_the_read_model_has_one_writer_and_a_volume() -> None:
    deployment, claim = kubernetes("Deployment")["spec"], kubernetes("PersistentVolumeClaim")
    assert deployment["replicas"] == 1 and deployment["strategy"] == {"type": "Recreate"}
    pod = deployment["template"]["spec"]
    (store,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in store["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["store"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    variables = {variable["name"]: variable["value"] for variable in store["env"]}
    assert variables["PICUSTREAM_STORE"].startswith(f"{mounts['store']}/") and variables.keys() <= KNOWN


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_a_pod_runs_as_the_user_of_the_image(kind: str) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (DEPLOY.parent / "Dockerfile").read_text(), re.MULTILINE)
    context = kubernetes(kind)["spec"]["template"]["spec"]["securityContext"]
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


def test_pods_are_found_by_one_label() -> None:
    label = {"app.kubernetes.io/name": "picustream"}
    workers = kubernetes("StatefulSet")["spec"]
    assert workers["selector"]["matchLabels"] == workers["template"]["metadata"]["labels"] == label
    assert kubernetes("Service")["spec"]["selector"] == label
    assert kubernetes("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == label
