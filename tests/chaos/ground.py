"""What the blows fall on: the servers, the workers, and each worker's own ways to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from picustream.local.servers import Servers
from tests.chaos.proxy import Proxy
from tests.integration.workers import Bench, Worker


@dataclass(frozen=True)
class Links:
    """A worker's own ways to Kafka and to Redis."""

    kafka: Proxy
    redis: Proxy


@dataclass
class Ground:
    """What the blows fall on."""

    servers: Servers
    bench: Bench
    links: dict[str, Links]
    """By name of the worker: as many as there can be."""
    rest: Callable[[float], None]
    """Lets seconds pass while events go on flowing."""
    workers: dict[str, Worker] = field(default_factory=dict)
    kills: int = 0
    ended: list[str] = field(default_factory=list)
    """Workers that ended by themselves, and were started again as a supervisor would."""
    faults: list[str] = field(default_factory=list)

    def start(self, name: str) -> None:
        """A worker under a name, as its supervisor would start it (again)."""
        ways = self.links[name]
        self.workers[name] = self.bench.worker(
            name,
            command="picustream worker",
            kafka=f"127.0.0.1:{ways.kafka.port}",
            redis=f"redis://127.0.0.1:{ways.redis.port}/0",
        )

    def supervise(self) -> None:
        """Start again whoever has ended by itself."""
        for name, worker in self.workers.items():
            status = worker.process.poll()
            if status is not None:
                self.ended.append(f"{name} with status {status}: {worker.last_words}")
                self.start(name)

    @property
    def redis_data(self) -> Path:
        return self.servers.dir / "redis" / "data"
