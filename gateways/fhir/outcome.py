"""OperationOutcome: what is answered about faults. No value of the message is in it."""

from collections.abc import Sequence
from typing import Any, Literal

from picustream.scoring.faults import Fault

Json = dict[str, Any]
Severity = Literal["error", "warning", "information"]
MOST = 100
"""Issues of one answer; the letters have them all."""
REASON = "urn:picustream:letter"
"""The system of our own words, those of letters."""
_CODES = {
    "too-large": "too-long",
    "nested-too-deeply": "too-long",
    "xml-not-read": "not-supported",
    "content-type": "not-supported",
    "charset": "not-supported",
    "method": "not-supported",
    "patch-not-read": "not-supported",
    "no-such-address": "not-found",
    "modifier-unknown": "extension",
    "unauthorised": "login",
    "cannot-store": "transient",
    "not-json": "structure",
    "gzip-unreadable": "structure",
    "not-a-resource": "structure",
    "field-twice": "structure",
    "text-unreadable": "structure",
    "status-missing": "required",
    "deleted": "business-rule",
}
"""A reason -> the word of IssueType; what is not here is a value that cannot be used."""


def outcome(faults: Sequence[Fault], severity: Severity) -> Json:
    """An OperationOutcome with an issue for each fault."""
    issues = [_issue(fault, severity) for fault in faults[:MOST]]
    if len(faults) > MOST:
        issues.append(_said("information", "informational", f"and {len(faults) - MOST} more"))
    return {"resourceType": "OperationOutcome", "issue": issues}


def all_is_well(text: str) -> Json:
    """An OperationOutcome without a fault."""
    return {"resourceType": "OperationOutcome", "issue": [_said("information", "informational", text)]}


def _issue(fault: Fault, severity: Severity) -> Json:
    issue = _said(severity, _CODES.get(fault.reason, "value"), fault.message)
    issue["details"]["coding"] = [{"system": REASON, "code": fault.reason}]
    if fault.path:
        issue["diagnostics"] = fault.path
    return issue


def _said(severity: Severity, code: str, text: str) -> Json:
    return {"severity": severity, "code": code, "details": {"text": text}}
