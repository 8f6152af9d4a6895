"""What the tests of doctor share."""

from datetime import UTC, datetime

from picustream.doctor.finding import Finding

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level != "ok"]
