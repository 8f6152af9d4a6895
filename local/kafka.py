"""Apache Kafka as one process, broker and controller in one (KRaft), small and quick to come back."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from kafka.errors import KafkaError

from picustream.local import ports
from picustream.local.java import Launcher
from picustream.local.java import launcher as kafka_launcher
from picustream.local.places import LocalError
from picustream.local.processes import Process
from picustream.local.quickstart import discard, keep, quick, watched
from picustream.local.reporting import Meter, Report
from picustream.local.server import Server
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka.clients import admin

_FORMAT_LIMIT = 120.0
"""Seconds for formatting an empty folder, which takes one."""

_CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
log.dirs={data}

auto.create.topics.enable=false
# Records of 24 MiB with space for their headers and the batch around them.
message.max.bytes=33554432
replica.fetch.max.bytes=33554432

# One broker: internal topics have one copy, and few partitions, for each costs files and start-up time.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1

# Groups form at once, and a dead member is missed soon if its client wants that.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=2000
# After a crash the broker is let in again only when its former life has timed out: 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# The files of a deleted topic go soon.
log.segment.delete.delay.ms=1000

# Buffers and threads for a laptop: the log cleaner alone takes 128 MB by default.
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=2
num.io.threads=4
background.threads=2
group.coordinator.threads=1
"""


class Kafka(Server):
    """A Kafka broker, formatted on its first start."""

    name = "Kafka"
    usual_port = 9092
    start_limit = 120.0
    stop_limit = 60.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._data = folder / "data"
        self._version_file = folder / "version"
        self._config = folder / "server.properties"
        self._detours = folder / "detours"

    def set_detours(self, detours: Mapping[int, int]) -> None:
        """From the next start on: further ports to listen on, and for each the port that is advertised to clients.

        So a test can put a proxy between: a client that comes by one port is sent on to that port's own detour.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._detours.write_text("".join(f"{port} {advertised_port}\n" for port, advertised_port in detours.items()))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, port: int, report: Report, meter: Meter | None = None) -> None:
        """Start it on `port` unless it runs, and return when it answers; fetches Kafka if it is not there yet."""
        if self.process is not None:
            self.wait()
            return
        launcher = quick(kafka_launcher(report, meter), report)
        self._refuse_newer_data(launcher.version)
        if not (self._data / "meta.properties").exists():
            self._format(launcher)
        self._configure(self._data, port)
        self._version_file.write_text(launcher.version)
        self._launch(watched(launcher, self.folder).command("kafka.Kafka", str(self._config)), port)

    def _format(self, launcher: Launcher) -> None:
        """Make the data folder, whole or not at all: it gets its name when it is complete."""
        if self._data.exists():
            raise LocalError(
                f"{self._data} is no Kafka data folder: meta.properties is missing.",
                "Restore it, or begin anew: picustream local down --wipe",
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self.folder / "data.part"
        shutil.rmtree(half, ignore_errors=True)
        self._configure(half, self.usual_port)
        command = launcher.command(
            "kafka.tools.StorageTool", "format", "--cluster-id", new_cluster_id(), "--config", str(self._config)
        )
        try:
            with self.log.open("w") as log:
                subprocess.run(command, stdout=log, stderr=log, timeout=_FORMAT_LIMIT, check=True)
        except subprocess.SubprocessError as error:
            complaint = self._complaint()
            raise LocalError(f"Kafka cannot format {self._data}: {complaint}", f"Its log: {self.log}") from error
        half.replace(self._data)

    def _ready(self, process: Process) -> bool:
        if self.port is None or not ports.is_open(self.port):
            return False
        settings = Settings.model_construct(kafka=self.address)  # the environment is about another Kafka
        try:
            with admin(settings) as client:
                cluster = client.describe_cluster()
        except (KafkaError, UserError):  # listening already, answering not yet
            return False
        # Another server on this port would answer, too: it must be the cluster of this folder.
        return cluster["cluster_id"] == self._cluster_id() and bool(cluster["brokers"])

    def _ended(self, in_peace: bool) -> None:
        if in_peace:
            keep(self.folder, self._version_file.read_text())
        else:
            discard(self.folder)

    def _configure(self, data: Path, port: int) -> None:
        controller = ports.free_port()
        lines = self._detours.read_text().splitlines() if self._detours.exists() else []
        detours = [(f"DETOUR{number}", *line.split()) for number, line in enumerate(lines)]
        config = _CONFIG.format(
            port=port,
            controller=controller,
            data=str(data).replace("\\", "\\\\"),
            listeners="".join(f",{name}://127.0.0.1:{listened}" for name, listened, _ in detours),
            advertised="".join(f",{name}://127.0.0.1:{advertised_port}" for name, _, advertised_port in detours),
            protocols="".join(f",{name}:PLAINTEXT" for name, *_ in detours),
        )
        self._config.write_text(config)

    def _refuse_newer_data(self, version: str) -> None:
        known = self._data.exists() and self._version_file.exists()
        written_by = self._version_file.read_text().strip() if known else version
        if _ordered(written_by) > _ordered(version):
            raise LocalError(
                f"{self._data} was written by Kafka {written_by}, and this is {version}, which may not read it.",
                "Use the newer one (PICUSTREAM_LOCAL_KAFKA_HOME), another --dir, or begin anew: "
                "picustream local down --wipe",
            )

    def _cluster_id(self) -> str:
        lines = (self._data / "meta.properties").read_text().splitlines()
        return next((line.partition("=")[2].strip() for line in lines if line.startswith("cluster.id=")), "")


def new_cluster_id() -> str:
    """22 characters of URL-safe base64, as Kafka wants it; the first bit is cleared so that none starts with a dash."""
    raw = bytearray(uuid.uuid4().bytes)
    raw[0] &= 0x7F
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
