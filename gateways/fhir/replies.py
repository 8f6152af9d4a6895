"""What is answered over HTTP. The program that listens asks `refusal` before it takes a body, and `reply` when all
that the body makes is stored and published.

A status of 400 and more makes most servers give a subscription up, so what cannot be mapped is accepted with a
warning, and a letter.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from picustream.gateways.fhir.elements import Fields, many, text
from picustream.gateways.fhir.outcome import Json, all_is_well, outcome
from picustream.gateways.fhir.resources import LARGEST, Resource
from picustream.scoring.faults import Fault

BASE = "/fhir"
RETRY_AFTER = 5
"""Seconds after which a sender may try again."""
JSON_TYPE = "application/fhir+json"
"""Of answers."""
_TYPES = {
    "", JSON_TYPE, "application/json", "application/json+fhir",
    "application/fhir+ndjson", "application/ndjson", "application/x-ndjson", "application/gzip",
}  # fmt: skip
_ADDRESS = re.compile(rf"{BASE}(?:/([A-Z][A-Za-z]+)(?:/([A-Za-z0-9\-.]{{1,64}}))?)?/?", re.ASCII)
_ENTRY = re.compile(r"/entry/(\d{1,9})(?:/|$)", re.ASCII)
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}
_STATUS = {"too-large": 413, "xml-not-read": 415}
"""Of bodies that cannot be read; else 400."""
Method = Literal["POST", "PUT", "DELETE"]
_RESPONSES = {"transaction": "transaction-response", "batch": "batch-response"}


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers of an answer."""

    status: int
    outcome: Json
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Address:
    """What a request is addressed to: `POST /fhir`, `POST /fhir/Observation`, `PUT` or `DELETE`
    `/fhir/Observation/123`."""

    method: Method
    kind: str = ""
    id: str = ""


def address_of(method: str, path: str) -> Address | Reply:
    """The address of a request, or why there is none like it. `path`: without the query."""
    form = _ADDRESS.fullmatch(path)
    if form is None:
        return _refused(404, "no-such-address", f"send to {BASE}, {BASE}/TYPE or {BASE}/TYPE/ID")
    kind, identity = form[1] or "", form[2] or ""
    allowed: tuple[Method, ...] = ("PUT", "DELETE") if identity else ("POST",)
    for one in allowed:
        if method.upper() == one:
            return Address(one, kind, identity)
    message = f"{' and '.join(allowed)} alone is taken here: a change of parts says too little, a search finds nothing"
    return _refused(405, "method", message, {"Allow": ", ".join(allowed)})


def deletion(address: Address) -> bytes:
    """A deletion that came as a request, as an entry of a history: so it has a body, to be kept."""
    request = {"method": "DELETE", "url": f"{address.kind}/{address.id}"}
    return json.dumps({"resourceType": "Bundle", "type": "history", "entry": [{"request": request}]}).encode()


def refusal(method: str, path: str, content_type: str, size: int | None, most: int = LARGEST) -> Reply | None:
    """Why a request is refused before its body is taken; None where it is not. `size`: in bytes, where it is known."""
    address = address_of(method, path)
    if isinstance(address, Reply):
        return address
    if size is not None and size > most:
        return _refused(413, "too-large", f"more than {most >> 20} MiB: send it in parts")
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media not in _TYPES and size != 0:
        return _refused(415, "content-type", f"send JSON: {JSON_TYPE}, or application/fhir+ndjson")
    charsets = {part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")}
    return None if charsets <= _CHARSETS else _refused(415, "charset", "send UTF-8")


def unreadable(fault: Fault) -> Reply:
    """For a body of which no resource can be made."""
    return Reply(_STATUS.get(fault.reason, 400), outcome([fault], "error"))


def mismatch(address: Address, resources: Sequence[Resource]) -> Reply | None:
    """Why a body does not fit its address; None where it does."""
    if address.method == "DELETE":
        return None
    outer = [one for one in resources if _is_outermost(one)]
    if address.method == "PUT" and len(outer) != 1:
        return _refused(400, "not-a-resource", "one resource is taken at this address")
    if address.kind and any(one.kind not in (address.kind, "") for one in outer):
        return _refused(400, "not-a-resource", "the body is another type of resource than the address says")
    if address.id and any(text(one.fields, "id") != address.id for one in outer):
        return _refused(400, "not-a-resource", "the body has another id than the address, or none")
    return None


def reply(
    address: Address, resources: Sequence[Resource], letters: Sequence[Fault], errors_on: Collection[str]
) -> Reply:
    """For what is stored and published. `errors_on`: reasons of letters for which the sender asks for an error."""
    refused = [letter for letter in letters if letter.reason in errors_on]
    if refused:
        return Reply(422, outcome(refused, "error"))
    status = 202 if letters else 201 if address.method == "POST" and address.kind else 200
    if not resources:
        return Reply(200, all_is_well("an empty body: the subscription reaches us"))
    first = resources[0]
    if first.kind == "Bundle" and (found := _responses(first.fields, letters)):
        return Reply(status, found)
    return Reply(status, outcome(letters, "warning") if letters else all_is_well("stored and published"))


def unauthorised() -> Reply:
    """For a sender without a certificate or token that is known."""
    return _refused(401, "unauthorised", "send the bearer token of a source", {"WWW-Authenticate": "Bearer"})


def cannot_store() -> Reply:
    """For what nobody took: the sender tries again."""
    return _refused(503, "cannot-store", "it is not stored: send it again", {"Retry-After": str(RETRY_AFTER)})


def too_slow() -> Reply:
    """For a body that does not come to its end."""
    return _refused(408, "too-slow", "the body took too long: send it again", {"Connection": "close"})


def _is_outermost(resource: Resource) -> bool:
    """Whether a resource is the body, or a line of it."""
    return "/" not in resource.path


def _responses(bundle: Fields, letters: Sequence[Fault]) -> Json | None:
    """What became of each entry of a transaction or batch, in its order, as clients of FHIR expect it; None where a
    letter is about the whole of it."""
    kind = _RESPONSES.get(text(bundle, "type"))
    by_entry: dict[int, list[Fault]] = defaultdict(list)
    for letter in letters:
        entry = _ENTRY.match(letter.path)
        if entry is None:
            return None
        by_entry[int(entry[1])].append(letter)
    entries = [_response(by_entry[index]) for index, _ in enumerate(many(bundle.get("entry")))]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} if kind else None


def _response(letters: Sequence[Fault]) -> Json:
    if not letters:
        return {"response": {"status": "200 OK"}}
    return {"response": {"status": "202 Accepted", "outcome": outcome(letters, "warning")}}


def _refused(status: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, outcome([Fault(reason, "", message)], "error"), headers or {})
