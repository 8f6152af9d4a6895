"""Writes `pinned.py` for a version of Kafka: `python -m picustream.local.pin 4.1.2 > pinned.new`, to move into place.

jgo finds what Kafka needs from the artifacts' own descriptions and checks each jar against the repository's SHA-1.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from jgo.maven import Artifact, MavenContext

_HEAD = '''"""The jars of Apache Kafka: what runs is exactly this, wherever it is fetched from. Written by `pin.py`.

By group: name:version, size in bytes, SHA-256.
"""

KAFKA_VERSION = "{version}"

JARS = """\\'''


def pin(version: str) -> Iterator[str]:
    """The lines of `pinned.py`."""
    with tempfile.TemporaryDirectory() as cache:
        yield _HEAD.format(version=version)
        yield from table(_resolve(MavenContext(repo_cache=Path(cache)), version))
        yield '"""'


def table(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """The lines of a table of jars, as `downloads.pinned_jars` reads them."""
    for group, members in groupby(sorted(artifacts, key=lambda one: (one.groupId, one.artifactId)), _group):
        yield group
        for artifact in members:
            content = artifact.resolve().read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            yield f"  {artifact.artifactId}:{artifact.version} {len(content)} {digest}"


def _resolve(maven: MavenContext, version: str) -> list[Artifact]:
    kafka = maven.create_dependency(f"org.apache.kafka:kafka_2.13:{version}")
    needed, further = maven.resolver.resolve([kafka])
    artifacts = [one.artifact for one in (*needed, *further) if one.scope != "test"]
    # Kafka leaves the choice of the log's back end to whoever installs it; the simple one writes to standard error.
    logging = next(one.version for one in artifacts if one.artifactId == "slf4j-api")
    return [*artifacts, maven.create_dependency(f"org.slf4j:slf4j-simple:{logging}").artifact]


def _group(artifact: Artifact) -> str:
    return artifact.groupId


if __name__ == "__main__":
    print("\n".join(pin(sys.argv[1])))
