"""FHIR JSON as resources: one, a Bundle, or one a line, packed or not.

Every resource is found, however deep: entries of Bundles in Bundles, contained ones, parameters. Numbers are kept as
they were written. A resource that cannot be used as it stands carries the reason, and the others go on.
"""

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from picustream.gateways.fhir.elements import Fields, count_values, many, modifier_fault, text
from picustream.gateways.fhir.xml import count_in_xml
from picustream.gateways.statement import Unreadable
from picustream.models.text import NotJson, decoded, number
from picustream.scoring.faults import Fault

LARGEST = 16 << 20
"""Bytes of one resource or Bundle."""
UNPACKED = 256 << 20
"""Bytes of a file of many resources, unpacked."""
DEEPEST = 100
"""Objects and lists in one another: Questionnaires reach 40."""
_GZIP = b"\x1f\x8b"
_TWICE = "\0twice"
"""Marks an object that has a field twice; no field has a name like it."""
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_HOLDERS = {"contained", "entry", "resource", "parameter", "part", "response", "outcome"}
"""Elements in which a resource stands: any other name in a path may be anything."""
_KIND = re.compile(r"(?:^|/)([A-Z][A-Za-z]{2,40})(?=/|$)", re.ASCII)
_NOT_READ = {"DELETE": "deleted", "PATCH": "patch-not-read"}
_REQUESTS = {
    "DELETE": "a deletion says nothing of versions or times: send the resource with the status entered-in-error",
    "PATCH": "a change of parts of a resource: send the resource whole",
}


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource as it came."""

    path: str
    """Its place: a JSON pointer, after `line[3]` where there is one a line."""
    fields: Fields
    full_url: str = ""
    """Of its entry."""
    request: str = ""
    """The address that its entry's request names: `Patient/123`."""
    within: "Resource | None" = None
    """The outermost resource that contains it, Bundles apart."""
    fault: Fault | None = None
    """Why none of it may be used."""

    @property
    def kind(self) -> str:
        """`Observation` ..."""
        return text(self.fields, "resourceType")


def read(data: bytes) -> list[Resource]:
    """The resources of a body or a file, in its order; none in an empty one. Raises `Unreadable`."""
    data = _unpacked(data).removeprefix(codecs.BOM_UTF8)
    if data.lstrip()[:1] == b"<":
        message = "XML is not read: have the sender send JSON (application/fhir+json)"
        raise Unreadable(Fault("xml-not-read", "", message), count_in_xml(data))
    lines = data.splitlines()
    filled = [line for line in lines if line.strip()]
    if len(filled) > 1 and _is_object(filled[0]):
        return _of_lines(lines)
    try:
        return _of_whole(data) if filled else []
    except Unreadable:
        if len(filled) > 1 and 2 * sum(map(_looks_like_object, filled)) >= len(filled):
            return _of_lines(lines)  # of which the first is broken
        raise


def _unpacked(data: bytes) -> bytes:
    """What is in a file of gzip, members one after the other."""
    if not data.startswith(_GZIP):
        return data
    found = bytearray()
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            found += member.decompress(data, UNPACKED + 1 - len(found))
        except zlib.error:
            raise Unreadable(Fault("gzip-unreadable", "", "the packed file is damaged: send it again")) from None
        if len(found) > UNPACKED:
            raise Unreadable(_too_large("", UNPACKED))
        if not member.eof:
            raise Unreadable(Fault("gzip-unreadable", "", "the packed file is cut off: send it again"))
        data = member.unused_data.lstrip(b"\0")
    return bytes(found)


def _too_large(path: str, most: int) -> Fault:
    return Fault("too-large", path, f"more than {most >> 20} MiB: send it in parts")


def _looks_like_object(line: bytes) -> bool:
    line = line.strip()
    return line.startswith(b"{") and line.endswith(b"}")


def _is_object(line: bytes) -> bool:
    """Whether a line is an object by itself: of JSON over several lines the first is none."""
    return _looks_like_object(line) and bool(_read_anyhow(line))


def _of_lines(lines: list[bytes]) -> list[Resource]:
    return [one for number, line in enumerate(lines, 1) if line.strip() for one in _of_line(line, number)]


def _of_line(line: bytes, number: int) -> Iterator[Resource]:
    path = f"line[{number}]"
    try:
        fields, doubtful = _parsed(line, path)
    except Unreadable as error:
        yield from _walk(_read_anyhow(line), path, _Surroundings(fault=error.fault), top=True)
        return
    yield from _walk(fields, path, _Surroundings(doubtful=doubtful), top=True)


def _of_whole(data: bytes) -> list[Resource]:
    try:
        fields, doubtful = _parsed(data, "")
        if not text(fields, "resourceType"):
            raise Unreadable(Fault("not-a-resource", "/resourceType", "JSON, but no FHIR resource"))
    except Unreadable as error:
        anyhow = _walk(_read_anyhow(data), "", _Surroundings(), top=True)
        raise Unreadable(error.fault, sum(count_values(one.fields) for one in anyhow)) from None
    return list(_walk(fields, "", _Surroundings(doubtful=doubtful), top=True))


def _parsed(data: bytes, path: str) -> tuple[Fields, bool]:
    """One JSON object, and whether a field may be there twice or a text be no text. Raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable(_too_large(path, LARGEST))
    twice: list[bool] = []

    def fields(pairs: list[tuple[str, Any]]) -> Fields:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice.append(True)
            found[_TWICE] = True
        return found

    decoder = json.JSONDecoder(
        parse_float=number, parse_int=number, parse_constant=_refuse_constant, object_pairs_hook=fields
    )
    try:
        written = decoded(data)
        value = decoder.decode(written)
    except NotJson as error:
        raise Unreadable(Fault("not-json", path, str(error))) from None
    except json.JSONDecodeError as error:
        raise Unreadable(Fault("not-json", path, f"not JSON at line {error.lineno} column {error.colno}")) from None
    except (RecursionError, ArithmeticError):
        raise Unreadable(Fault("not-json", path, "nested too deeply, or a number beyond all magnitude")) from None
    if not isinstance(value, dict):
        raise Unreadable(Fault("not-a-resource", path, "JSON, but no FHIR resource"))
    if _is_deep(value):
        raise Unreadable(Fault("nested-too-deeply", path, f"more than {DEEPEST} objects and lists in one another"))
    return value, bool(twice) or _HALF_CHARACTER.search(written) is not None


def _refuse_constant(name: str) -> Any:
    raise NotJson(f"{name} is not a JSON number")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inside = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
        level = [part for part in inside if isinstance(part, dict | list)]
    return bool(level)


_TOLERANT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def _read_anyhow(data: bytes) -> Fields:
    """What a reader that minds little makes of it, for the count of its values alone; empty where that is nothing."""
    try:
        value = _TOLERANT.decode(data[:LARGEST].decode("utf-8-sig", "replace"))
        return {} if _is_deep([value]) else value if isinstance(value, dict) else {"": value}
    except (ValueError, RecursionError):
        return {}


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What holds for the resources at one place."""

    within: Resource | None = None
    full_url: str = ""
    request: str = ""
    fault: Fault | None = None
    doubtful: bool = False
    """Whether each resource is to be searched for fields that are there twice and texts that are none."""


def _walk(value: Any, path: str, at: _Surroundings, top: bool = False) -> Iterator[Resource]:
    """Every resource in a value, outer ones first."""
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _walk(part, f"{path}/{index}", at)
    elif isinstance(value, dict):
        if top or isinstance(value.get("resourceType"), str):
            resource = Resource(path, value, at.full_url, at.request, at.within, at.fault or _fault(value, path, at))
            yield resource
            at = _inside(resource, at)
            if resource.kind == "Bundle":
                yield from _entries(value, path, at)
                value = {name: part for name, part in value.items() if name != "entry"}
        for name, part in value.items():
            if isinstance(part, dict | list):
                yield from _walk(part, f"{path}/{name if name in _HOLDERS else '?'}", at)


def _inside(resource: Resource, at: _Surroundings) -> _Surroundings:
    if resource.kind == "Bundle":
        return _Surroundings(fault=resource.fault, doubtful=at.doubtful)
    return _Surroundings(at.within or resource, fault=resource.fault, doubtful=at.doubtful)


def _entries(bundle: Fields, path: str, at: _Surroundings) -> Iterator[Resource]:
    for index, entry in enumerate(many(bundle.get("entry"))):
        place = f"{path}/entry/{index}"
        if not isinstance(entry, dict):
            yield Resource(place, {}, fault=Fault("not-a-resource", place, "an entry that is no object"))
            continue
        raw_request = entry.get("request")
        request = raw_request if isinstance(raw_request, dict) else {}
        address, method = text(request, "url"), text(request, "method").upper()
        fault = at.fault or _doubt(entry, place, at) or modifier_fault(entry, place) or _of_request(method, place)
        surroundings = _Surroundings(None, text(entry, "fullUrl"), address, fault, at.doubtful)
        if "resource" not in entry and method in _NOT_READ:
            yield Resource(place, {"resourceType": _kind_of(address)}, request=address, fault=fault)
        for name, part in entry.items():
            is_resource = name == "resource"
            yield from _walk(part, f"{place}/{name}" if name in _HOLDERS else place, surroundings, is_resource)


def _kind_of(address: str) -> str:
    """The type of resource in an address: `Patient/123`, `https://host/fhir/Patient?identifier=...`."""
    found: list[str] = _KIND.findall(address.partition("?")[0])
    return found[-1] if found else ""


def _of_request(method: str, path: str) -> Fault | None:
    if method not in _NOT_READ:
        return None
    return Fault(_NOT_READ[method], f"{path}/request", _REQUESTS[method])


def _fault(resource: Fields, path: str, at: _Surroundings) -> Fault | None:
    """Why a resource may not be used as it stands."""
    if not text(resource, "resourceType"):
        return Fault("not-a-resource", f"{path}/resourceType", "it does not say which resource it is")
    own = {name: part for name, part in resource.items() if name != "entry"}
    return _doubt(own, path, at) or modifier_fault(resource, path)


def _doubt(element: Fields, path: str, at: _Surroundings) -> Fault | None:
    """What makes the text of a resource, or of an entry, ambiguous; resources inside it answer for themselves."""
    parts: list[Any] = [element] if at.doubtful else []
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if _TWICE in part:
                return Fault("field-twice", path, "an object has a field twice: which one is meant is not said")
            inside = [*part.keys(), *part.values()]
        elif isinstance(part, list):
            inside = part
        else:
            if isinstance(part, str) and not _is_text(part):
                return Fault("text-unreadable", path, "half of a character: a text was cut, or is not Unicode")
            continue
        parts.extend(one for one in inside if not (isinstance(one, dict) and "resourceType" in one))
    return None


def _is_text(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True
