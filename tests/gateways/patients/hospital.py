"""A hospital for the tests: its rules, a gateway's memory of its patients, and what is in force of the facts sent."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from picustream.gateways.hl7.message import read
from picustream.gateways.hl7.statements import statements
from picustream.gateways.patients.answers import Learnt
from picustream.gateways.patients.patients import Patients
from picustream.gateways.site.config import Authority, Identity, Site, Source, Units
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import Change, State
from picustream.gateways.statement import Identifier, Movement, Place, Statements, Subject
from picustream.models.envelope import STATUS_RANK, WITHDRAWN, Status
from tests.gateways.hl7.texts import ZONE, segment

SOURCE = Source(name="his", kind="adt", recorded_at="evn2")
RECEIVED = datetime(2025, 3, 20, tzinfo=UTC)
KEY = b"the key of the tests, of 32 bytes or more"
Fact = dict[str, Any]


def site(**other: Any) -> Site:
    units = [Units(match="PICU.*"), Units(match="NICU", kind="other-icu")]
    return Site.model_validate({"zone": "Asia/Shanghai", "unit": units, "home": ["01", "1", "home", "1x"], **other})


def hospital(**other: Any) -> LoadedSite:
    return LoadedSite(site(**other), KEY)


def by_bed() -> LoadedSite:
    return hospital(identity=Identity(by_bed=True))


def rules(*patient: Authority) -> LoadedSite:
    return hospital(identity=Identity(patient=list(patient)))


class Gateway:
    """A gateway's memory of patients, and all that it sent."""

    def __init__(self, loaded: LoadedSite | None = None) -> None:
        self.hospital = loaded or hospital()
        self.state = State()
        self.patients = Patients(self.hospital, self.state)
        self.kept: dict[tuple[str, str], Any] = {}
        self.facts: list[Fact] = []
        self.faults: list[str] = []
        self.opened: list[str] = []

    def learn(self, stated: Statements, message: str, received_at: datetime = RECEIVED) -> Learnt:
        learnt = self.patients.learn(stated, message, received_at)
        for change in self.state.take_changes():
            self.kept[change.table, change.key] = json.loads(json.dumps(change.value))
        self.facts += learnt.facts
        self.faults += [fault.reason for fault in learnt.faults]
        self.opened += learnt.opened
        return learnt

    def hl7(self, *texts: str) -> list[Fact]:
        """Messages; the facts that they make."""
        made = []
        for text in texts:
            name = "h-" + hashlib.sha256(text.encode()).hexdigest()[:12]
            for stated in statements(read(text.encode()), SOURCE, ZONE):
                made += self.learn(stated, name).facts
        return made

    def restarted(self) -> "Gateway":
        """Another one, from what was written down."""
        other = Gateway(self.hospital)
        other.state.load(iter(Change(*key, value) for key, value in self.kept.items() if value is not None))
        other.kept, other.facts = dict(self.kept), list(self.facts)
        return other

    def holds(self) -> list[Fact]:
        """The facts in force, as whoever reads the topic has them."""
        return in_force(self.facts)

    def words(self) -> list[str]:
        """The facts in force, in words: without pseudonyms."""
        return [said for _, said in sorted((fact["occurred_at"], word(fact)) for fact in self.holds())]


def in_force(facts: Iterable[Fact]) -> list[Fact]:
    """The latest version of each fact, unless it is withdrawn (docs/topics.md)."""
    latest: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        key = (fact["stay_id"], fact["type"], fact.get("id", ""))
        if key not in latest or _rank(fact) >= _rank(latest[key]):
            latest[key] = fact
    held = [fact for fact in latest.values() if Status(fact["status"]) not in WITHDRAWN]
    return sorted(held, key=lambda fact: (fact["occurred_at"], fact["type"]))


def _rank(fact: Fact) -> tuple[str, int]:
    return fact["recorded_at"], STATUS_RANK[Status(fact["status"])]


def word(fact: Fact) -> str:
    """`admitted 03T08:00 PICU-A/12 2019-11-20 female`, in the time of the hospital."""
    at = datetime.fromisoformat(fact["occurred_at"]).astimezone(ZONE).strftime("%dT%H:%M")
    place = "/".join(fact[name] for name in ("unit", "bed") if name in fact)
    more = [str(fact[name]) for name in ("birth_date", "sex", "destination", "alive") if name in fact]
    return " ".join(part for part in (fact["type"], at, place, *more) if part)


def adt(event: str, at: str, place: str | None = "PICU-A^^12", **other: str) -> str:
    """An ADT message; `at` is `ddThh:mm` of March 2025, `evn6` when it happened, where that is another time."""
    pid = {
        1: "1",
        3: other.pop("pid", "000123456^^^HOSP^MR"),
        7: other.pop("born", "20191120"),
        8: other.pop("sex", "F"),
    }
    pid |= {29: other.pop("died", ""), 30: other.pop("dead", "")}
    pv1 = {1: "1", 2: "I", 3: place or "", 6: other.pop("prior", ""), 19: other.pop("visit", "V1^^^HOSP^VN")}
    pv1 |= {36: other.pop("disposition", ""), 37: other.pop("to", "")}
    pv1 |= {44: hl7_time(other.pop("begun", "")), 45: hl7_time(other.pop("left", ""))}
    evn = {1: event, 2: hl7_time(at), 6: hl7_time(other.pop("evn6", ""))}
    msh = {1: "^~\\&", 2: "HIS", 3: "HOSP", 6: hl7_time(at), 8: f"ADT^{event}", 9: "1", 10: "P", 11: "2.5.1"}
    segments = [
        "MSH|" + "|".join(msh.get(number, "") for number in range(1, 12)),
        segment("EVN", evn),
        segment("PID", pid),
    ]
    if "loser" in other:
        segments.append(f"MRG|{other.pop('loser')}")
    if place is not None:
        segments.append(segment("PV1", pv1))
    assert not other, other
    return "\r".join(segments) + "\r"


def hl7_time(text: str) -> str:
    """`03T08:00` as a time of March 2025 with the hospital's offset; anything else as it is."""
    return f"202503{text[:2]}{text[3:5]}{text[6:8]}00+0800" if "T" in text else text


def time(text: str) -> datetime:
    """`03T08:00`, likewise."""
    return datetime(2025, 3, int(text[:2]), int(text[3:5]), int(text[6:8]), tzinfo=ZONE)


CHILD = Identifier("000123456", "HOSP", "MR", "PID-3")
VISIT = Identifier("V1", "HOSP", "VN", "PV1-19")


def subject(patient: str | None = "000123456", visit: str | None = "V1", place: str = "") -> Subject:
    unit, _, bed = place.partition("/")
    return Subject(
        (Identifier(patient, "HOSP", "MR", "PID-3"),) if patient else (),
        (Identifier(visit, "HOSP", "VN", "PV1-19"),) if visit else (),
        Place(unit, bed) if place else None,
    )


def moved(*movements: Movement, whom: Subject | None = None, same: tuple[Identifier, ...] = ()) -> Statements:
    return Statements("ADT", whom or subject(), movements=movements, same=same)
