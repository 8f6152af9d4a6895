"""The compose files, read as Docker would read them: no Docker runs here, so their sense is checked by rules."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from picustream import __version__
from picustream.local.pinned import KAFKA_VERSION
from picustream.runtime.settings import Settings
from tests.paths import DATA, ROOT

FILES = ("docker-compose.yml", "deploy/compose.secure.yml")
UNITS = {"mb": 10**6, "M": 2**20, "G": 2**30}


def compose(name: str) -> dict:
    """The file with its variables at their defaults."""
    text = (ROOT / name).read_text()
    return yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


def fits(document: dict) -> None:
    schema = json.loads((DATA / "compose-spec.json").read_text())
    Draft202012Validator(schema).validate(document)


SERVICES = [
    pytest.param(name, service, id=f"{name}:{service}") for name in FILES for service in compose(name)["services"]
]
main = compose("docker-compose.yml")["services"]


def in_bytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(number) * UNITS[unit]


@pytest.mark.parametrize("name", FILES)
def test_a_compose_file_fits_the_schema_of_the_specification(name: str) -> None:
    fits(compose(name))


@pytest.mark.parametrize(
    "wrong",
    [{"helthcheck": {}}, {"depends_on": {"kafka": {"condition": "healthy"}}}, {"restart": 1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_schema_refuses_what_the_specification_does_not_know(wrong: dict) -> None:
    document = compose("docker-compose.yml")
    document["services"]["worker"] |= wrong
    with pytest.raises(ValidationError):
        fits(document)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_an_image_is_one_version_and_not_whatever_is_newest(name: str, service: str) -> None:
    image = compose(name)["services"][service]["image"]
    assert re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+\.\d+(-[a-z]+)?", image), image


def test_our_image_has_our_version_and_kafka_the_one_that_the_tests_run_on() -> None:
    images = {compose(name)["services"][service]["image"] for name, service in (param.values for param in SERVICES)}
    assert {image for image in images if image.startswith("picustream")} == {f"picustream:{__version__}"}
    assert f"apache/kafka:{KAFKA_VERSION}" in images


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_a_container_may_do_no_more_than_it_must(name: str, service: str) -> None:
    one = compose(name)["services"][service]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"] and "cap_add" not in one
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "devices", "pid", "ipc", "network_mode"} & one.keys()
    assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert one["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_nothing_runs_as_root(name: str, service: str) -> None:
    one = compose(name)["services"][service]
    if "build" in one:  # then the image says it, which tests/deploy/test_image.py checks
        assert "user" not in one
    else:
        assert one["user"] not in ("root", "0", 0)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_ports_are_open_to_this_machine_alone(name: str, service: str) -> None:
    for port in compose(name)["services"][service].get("ports", ()):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_a_folder_of_this_machine_is_in_no_container(name: str, service: str) -> None:
    for volume in compose(name)["services"][service].get("volumes", ()):
        assert volume.partition(":")[0] in compose(name)["volumes"]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_no_secret_is_in_an_environment(name: str, service: str) -> None:
    for variable in compose(name)["services"][service].get("environment", {}):
        assert not re.search("PASSWORD|SECRET|TOKEN|KEY", variable)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_what_goes_on_has_a_health_check_and_comes_back(name: str, service: str) -> None:
    one = compose(name)["services"][service]
    if one.get("command") == ["topics"]:  # ends by itself
        assert one.get("restart", "no") == "no"
    else:
        assert one["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        for time in ("interval", "timeout", "start_period", "start_interval"):
            assert re.fullmatch(r"\d+s", one["healthcheck"][time])
        assert one["restart"] == "unless-stopped"


def test_each_service_waits_for_what_it_needs() -> None:
    wants = {
        name: {of: need["condition"] for of, need in one.get("depends_on", {}).items()} for name, one in main.items()
    }
    healthy, done = "service_healthy", "service_completed_successfully"
    assert wants == {
        "kafka": {},
        "redis": {},
        "topics": {"kafka": healthy},
        "worker": {"kafka": healthy, "redis": healthy, "topics": done},
        "store": {"kafka": healthy, "topics": done},
        "board": {"store": healthy},
    }


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_every_setting_in_an_environment_is_one(name: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = compose(name)["services"][service].get("environment", {})
    ours = {key: str(value) for key, value in environment.items() if key.startswith("PICUSTREAM_")}
    known = {f"PICUSTREAM_{field}".upper() for field in Settings.model_fields} | {"PICUSTREAM_CONFIG"}
    assert ours.keys() <= known
    for key, value in ours.items():
        if key != "PICUSTREAM_CONFIG":
            monkeypatch.setenv(key, value)
    Settings()


def test_containers_reach_kafka_at_the_address_that_it_advertises() -> None:
    kafka = main["kafka"]["environment"]
    told = dict(one.split("://") for one in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    for service in ("topics", "worker", "store", "board"):
        assert main[service]["environment"]["PICUSTREAM_KAFKA"] == told["INSIDE"]
    assert told["INSIDE"] in main["kafka"]["healthcheck"]["test"][1]
    assert told["OUTSIDE"] == Settings.model_fields["kafka"].default


def test_this_machine_reaches_kafka_at_the_published_port_and_nobody_reaches_the_controller() -> None:
    kafka = main["kafka"]["environment"]
    bound = dict(one.split("://") for one in kafka["KAFKA_LISTENERS"].split(","))
    (published,) = main["kafka"]["ports"]
    assert published.rpartition(":")[2] == bound["OUTSIDE"].lstrip(":")
    assert bound["CONTROLLER"] == kafka["KAFKA_CONTROLLER_QUORUM_VOTERS"].partition("@")[2]
    assert bound["CONTROLLER"].startswith("localhost:")
    assert bound.keys() == {one.split(":")[0] for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}


def test_another_port_for_this_machine_is_the_port_that_kafka_advertises() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert '"127.0.0.1:${KAFKA_PORT:-9092}:9092"' in text
    assert "OUTSIDE://127.0.0.1:${KAFKA_PORT:-9092}" in text


def test_kafka_and_redis_keep_their_data_in_volumes() -> None:
    assert main["kafka"]["volumes"] == [f"kafka-data:{main['kafka']['environment']['KAFKA_LOG_DIRS']}"]
    assert main["redis"]["volumes"] == ["redis-data:/data"]


def test_the_read_model_is_a_file_on_a_volume_that_the_images_user_may_write() -> None:
    folder = Path(main["store"]["environment"]["PICUSTREAM_STORE"]).parent
    assert main["store"]["volumes"] == [f"store-data:{folder}"]
    made = re.search(r"install --directory --owner 10001 .*? (/\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert made is not None and made[1] == str(folder)


def test_redis_keeps_what_it_acknowledged_and_evicts_nothing() -> None:
    words = main["redis"]["command"]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options["--appendonly"] == "yes" and options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
    # A rewrite of its file may copy what changes meanwhile.
    limit = in_bytes(main["redis"]["deploy"]["resources"]["limits"]["memory"])
    assert in_bytes(options["--maxmemory"]) * 2 <= limit


def test_only_kafka_and_the_board_have_a_way_out_of_the_inner_network() -> None:
    assert compose("docker-compose.yml")["networks"]["inside"] == {"internal": True}
    assert {name: one["networks"] for name, one in main.items() if one["networks"] != ["inside"]} == {
        "kafka": ["inside", "outside"],
        "board": ["inside", "outside"],
    }


def test_the_board_reads_the_file_that_is_filled_lets_nobody_in_unknown_and_is_asked_at_its_port() -> None:
    variables = main["board"]["environment"]
    assert variables["PICUSTREAM_STORE"] == main["store"]["environment"]["PICUSTREAM_STORE"]
    assert main["board"]["volumes"] == main["store"]["volumes"]
    assert variables["PICUSTREAM_BOARD_ACCESS"] == "accounts"
    (published,) = compose("docker-compose.yml")["services"]["board"]["ports"]
    assert published.rpartition(":")[2] == variables["PICUSTREAM_HTTP_PORT"]
    assert int(variables["PICUSTREAM_HTTP_PORT"]) == Settings.model_fields["board_port"].default


@pytest.mark.parametrize("name", FILES)
def test_workers_can_be_more_than_one_each_with_a_slot_of_its_own(name: str) -> None:
    worker = compose(name)["services"]["worker"]
    assert not {"container_name", "hostname", "ports"} & worker.keys()
    assert "PICUSTREAM_INSTANCE" not in worker["environment"]
    # Without a name of its own it takes a slot of its machine, by a lock in a file.
    assert [mount.partition(":")[0] for mount in worker["tmpfs"]] == ["/tmp"]
