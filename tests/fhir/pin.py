"""Writes `pinned.py`: `python -m tests.fhir.pin 8.8.0 > pinned.new`, to move into place."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jgo.maven import Dependency, MavenContext

from picustream.local.pin import table

PARTS = ("validation", "validation-resources-r4", "structures-r4", "caching-caffeine")


def pin(version: str) -> Iterator[str]:
    """The lines of `pinned.py`."""
    with tempfile.TemporaryDirectory() as cache:
        maven = MavenContext(repo_cache=Path(cache))
        wanted = [maven.create_dependency(f"ca.uhn.hapi.fhir:hapi-fhir-{part}:{version}") for part in PARTS]
        needed, further = maven.resolver.resolve(wanted)
        found = {one.artifact.artifactId: one.artifact for one in (*further, *needed) if _is_used(one)}
        yield f'"""The jars of the HAPI validator. Written by `pin.py`."""\n\nVERSION = "{version}"\n\nJARS = """\\'
        yield from table(found.values())
        yield '"""'


def _is_used(dependency: Dependency) -> bool:
    """No tests, no jars of data beside a jar of classes, and not the one that is empty on purpose."""
    artifact = dependency.artifact
    return dependency.scope != "test" and not artifact.classifier and artifact.artifactId != "listenablefuture"


if __name__ == "__main__":
    print("\n".join(pin(sys.argv[1])))
