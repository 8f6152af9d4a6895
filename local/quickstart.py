"""Halves the time that Kafka takes to start: Java keeps the classes that it has read and checked (its CDS archives).

The package's Java comes without any, so two are made, once: one of Java's own classes, and on top of it one of what
Kafka loads, written by Java as it ends a run that is only for that. Java itself checks that they fit, and does without
where they do not. Measured, in seconds of processor time from start to stop: 4.7 without, 2.8 with; making both takes
as much as one such run and 4 more. (The AOT cache of newer Javas: 2.4, but 10 more to make.)
"""

import shutil
import subprocess
from pathlib import Path

from picustream.local import ports
from picustream.local.java import Launcher
from picustream.local.kafka import Kafka
from picustream.local.locking import locked
from picustream.local.places import LocalError, cache_dir
from picustream.local.telling import Tell

_DUMP_LIMIT = 120.0
"""Seconds for the archive of Java's own classes, which takes one."""
_QUIET = ("-Xlog:disable", "-Xlog:all=error:stderr")
"""What Java has to say of an archive that fits only in part helps nobody."""


def quick(launcher: Launcher, tell: Tell) -> Launcher:
    """The launcher with the archives, made now if they are not there; as it is where there can be none."""
    if launcher.java_version is None:
        return launcher  # a Java that the settings name brings its own
    folder = cache_dir() / f"kafka-{launcher.version}"
    base = folder / f"java-{launcher.java_version}.jsa"
    top = folder / f"java-{launcher.java_version}-kafka.jsa"
    if not top.exists():
        with locked(folder / "lock", tell):
            if not top.exists():
                tell("preparing Kafka for quick starts, once (some seconds)")
                _make(base, top, launcher, tell)
    if top.stat().st_size == 0:
        return launcher
    return launcher.with_flags(f"-XX:SharedArchiveFile={base}:{top}", *_QUIET)


def _make(base: Path, top: Path, launcher: Launcher, tell: Tell) -> None:
    """Both archives, `top` last. An empty `top` says that they cannot be made here: trying once is enough."""
    folder = top.parent / "practice"
    practice = Kafka(folder)
    practice.kill()  # what a command that was itself killed may have left
    _remove(folder)
    made = folder / top.name
    try:
        _dump(base, launcher)
        practice.format(launcher)
        flags = (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={made}", *_QUIET)
        practice.start(ports.free_port(), lambda: launcher.with_flags(*flags))
        practice.stop()  # here Java writes it
    except (LocalError, subprocess.SubprocessError) as error:
        tell(f"Kafka starts without: {error}")
    finally:
        practice.kill()
    folder.mkdir(exist_ok=True)
    if not made.exists():
        made.touch()
    made.replace(top)
    _remove(folder)


def _dump(base: Path, launcher: Launcher) -> None:
    half = base.with_name(f"{base.name}.part")
    command = [str(launcher.java), *launcher.flags, "-Xshare:dump", f"-XX:SharedArchiveFile={half}"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_DUMP_LIMIT, check=True)
    half.replace(base)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
