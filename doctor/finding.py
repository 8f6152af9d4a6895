"""What a check found, and what all of them together mean for the exit status."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from picustream.runtime.errors import RIGHTS_HINT
from picustream.runtime.settings import Settings
from picustream.streams.kafka.rights import lacks

Level = Literal["ok", "finding", "missing", "skipped"]
"""`missing`: a server is not there. `skipped`: could not be checked here, which is no fault."""

_FINDINGS = 1
_ENVIRONMENT = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `fix` is what to do about it, empty where there is nothing to do."""

    check: str
    level: Level
    message: str
    fix: str = ""


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", message)


def skipped(check: str, message: str, fix: str = "") -> Finding:
    """It could not be checked."""
    return Finding(check, "skipped", message, fix)


def not_allowed(check: str, settings: Settings, right: str, names: Iterable[str]) -> Finding:
    """It could not be checked for want of a right."""
    return skipped(check, f"not checked: {lacks(settings, right, ', '.join(names))}", RIGHTS_HINT)


def status(findings: Iterable[Finding]) -> int:
    """Exit status: 0 all well, 1 findings, 3 Kafka or Redis is not there."""
    levels = {finding.level for finding in findings}
    return _ENVIRONMENT if "missing" in levels else _FINDINGS if "finding" in levels else 0
