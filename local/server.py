"""What Kafka and Redis have in common here: a folder, a port, a process, and how they start and end."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from picustream.local import ports, processes
from picustream.local.places import LocalError
from picustream.local.processes import Process, wait_until


class Server(ABC):
    """A server on loopback that keeps everything it writes in one folder."""

    name: ClassVar[str]
    usual_port: ClassVar[int]
    start_limit: ClassVar[float]
    """Seconds until it must answer: many times what it takes on a busy machine."""
    stop_limit: ClassVar[float]
    """Seconds from SIGTERM to SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / f"{self.name.lower()}.log"
        self._process_file = folder / "process.json"
        self._port_file = folder / "port"

    @property
    @abstractmethod
    def address(self) -> str:
        """What a client connects to: `host:port` or a URL."""

    @property
    def process(self) -> Process | None:
        """Its process, None when it does not run."""
        return processes.load(self._process_file)

    @property
    def port(self) -> int | None:
        """The port it uses, or used last."""
        text = self._port_file.read_text().strip() if self._port_file.exists() else ""
        return int(text) if text.isdigit() else None

    @property
    def answers(self) -> bool:
        """True if it runs and takes connections."""
        return self.process is not None and self.port is not None and ports.is_open(self.port)

    def stop(self) -> bool:
        """End it, with time to close its files; False if it did not run."""
        process = self.process
        if process is None:
            return False
        self._ended(in_peace=process.stop(self.stop_limit))
        return True

    def kill(self) -> bool:
        """End it as a crash would; False if it did not run."""
        process = self.process
        if process is None:
            return False
        process.kill()
        self._ended(in_peace=False)
        return True

    def wait(self) -> None:
        """Return when it answers; raises `LocalError`, with the line of its log, if it ends or stays silent."""
        process = self.process
        ready = process is not None and wait_until(lambda: not process.alive or self._ready(process), self.start_limit)
        if process is None or not process.alive:
            raise LocalError(f"{self.name} ended as it started: {self._complaint()}", f"Its log: {self.log}")
        if not ready:
            raise LocalError(
                f"{self.name} does not answer on port {self.port} within {self.start_limit:.0f} s: {self._complaint()}",
                f"Its log: {self.log}",
            )

    @abstractmethod
    def _ready(self, process: Process) -> bool:
        """True if this very process answers as a server should."""

    def _ended(self, in_peace: bool) -> None:  # noqa: B027 - not every server has something to do then
        """Called when it was ended here: in its own time, or by SIGKILL."""

    def _launch(self, command: Sequence[str], port: int) -> None:
        """Start it and return when it answers; raises `LocalError`, and ends it, if it does not."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port_file.write_text(str(port))
        try:
            process = processes.spawn(command, self.log)
        except OSError as error:
            raise LocalError(f"{self.name} does not start: {command[0]}: {error.strerror}.") from error
        processes.save(self._process_file, process)
        try:
            self.wait()
        except BaseException:  # an interrupt, too, must not leave a half-started server behind
            process.kill()
            raise

    def _complaint(self) -> str:
        """The most informative line of the log: the last error, else the last line."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        meaningful = [line.strip() for line in lines if line.strip() and not line.startswith(("\t", "    at "))]
        errors = [line for line in meaningful if any(word in line for word in ("ERROR", "Error", "Exception", "FATAL"))]
        return (errors or meaningful or ["its log is empty"])[-1][:300]
