"""Halves the time that Kafka takes to start: Java keeps the classes that it has read and checked (its CDS archives).

The package's Java comes without any. One, of Java's own classes, is made before the first start. A second, on top of
it, of what Kafka loads, is written by Java itself as the first run ends in peace, and serves all later ones. Java
checks that they fit what it runs, and does without where they do not. Measured, in seconds of processor time from
start to stop: 4.7 without, 2.8 with both; the first costs 1 to make and the second 3.
"""

import shutil
import subprocess
from pathlib import Path

from picustream.local.java import Launcher
from picustream.local.locking import locked
from picustream.local.places import cache_dir
from picustream.local.reporting import Report, silent

_TOP = "java-{}-kafka.jsa"
_DUMP_LIMIT = 120.0
"""Seconds for the archive of Java's own classes, which takes one."""
_QUIET = ("-Xlog:disable", "-Xlog:all=error:stderr")
"""What Java prints about an archive that fits only in part helps nobody."""


def quick(launcher: Launcher, report: Report) -> Launcher:
    """The launcher with the archives there are; the first is made if it is missing."""
    if launcher.java_version is None:
        return launcher  # a Java that the settings name brings its own
    base, top = _archives(launcher)
    if not base.exists():
        with locked(base.parent / "lock", report):
            if not base.exists():
                _dump(base, launcher)
    if base.stat().st_size == 0:
        return launcher
    archives = f"{base}:{top}" if top.exists() else str(base)
    return launcher.with_flags(f"-XX:SharedArchiveFile={archives}", *_QUIET)


def watched(launcher: Launcher, folder: Path) -> Launcher:
    """The launcher whose run writes the second archive into `folder` as it ends, where that is missing."""
    if launcher.java_version is None:
        return launcher
    base, top = _archives(launcher)
    if top.exists() or base.stat().st_size == 0:
        return launcher
    discard(folder)
    return launcher.with_flags(f"-XX:ArchiveClassesAtExit={folder / top.name}")


def keep(folder: Path, version: str) -> None:
    """Move the archive that a run of this version of Kafka left whole in `folder` to where later runs look for it."""
    for made in folder.glob(_TOP.format("*")):
        half = _cache(version) / f"{made.name}.part"
        try:
            with locked(_cache(version) / "lock", silent):
                shutil.copyfile(made, half)  # the cache may be on another disk: copied, then renamed
                half.replace(_cache(version) / made.name)
        except OSError:  # no room for it, say: the next run writes another, and this one has ended well all the same
            half.unlink(missing_ok=True)
        made.unlink()


def discard(folder: Path) -> None:
    """Delete what a run that was killed may have left half written."""
    for made in folder.glob(_TOP.format("*")):
        made.unlink()


def _archives(launcher: Launcher) -> tuple[Path, Path]:
    folder, java = _cache(launcher.version), launcher.java_version
    return folder / f"java-{java}.jsa", folder / _TOP.format(java)


def _cache(version: str) -> Path:
    return cache_dir() / f"kafka-{version}"


def _dump(base: Path, launcher: Launcher) -> None:
    """Make the first archive. An empty one marks that it cannot be made here: trying once is enough."""
    half = base.with_name(f"{base.name}.part")
    command = [str(launcher.java), *launcher.flags, "-Xshare:dump", f"-XX:SharedArchiveFile={half}"]
    done = subprocess.run(command, capture_output=True, timeout=_DUMP_LIMIT, check=False)
    if done.returncode != 0 or not half.exists():
        half.write_bytes(b"")
    half.replace(base)
