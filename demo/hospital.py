"""The hospital around the ward: its gateway's site and key, and under which pseudonyms its children are known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from picustream.demo.messages import AUTHORITY, MODE, OTHER_ICU, SEDATION, UNIT, WORDS, visit_of
from picustream.demo.timeline import Timed
from picustream.gateways.patients.stated import stamp
from picustream.gateways.site.key import make_key
from picustream.gateways.site.load import load
from picustream.gateways.site.pseudonyms import Pseudonyms

SITE = f"""
zone = "Asia/Shanghai"
key_file = "site.key"

[[unit]]
match = "{UNIT}"

[[unit]]
match = "{OTHER_ICU}"
kind = "other-icu"

[[source]]
name = "his"
kind = "adt"
application = "his"

[[source]]
name = "lis"
kind = "laboratory"
application = "lis"

[[source]]
name = "analyser"
kind = "laboratory"
application = "analyser"

[[source]]
name = "monitor"
kind = "monitor"
application = "monitor"

[[source]]
name = "charting"
kind = "charting"
application = "charting"

[[source.words]]
codes = ["{SEDATION}"]
sedation = {{ "on" = "on", "off" = "off" }}

[[source]]
name = "ventilator"
kind = "ventilator"
application = "ventilator"
system = "{WORDS}"

[[source.words]]
codes = ["{MODE}"]
control = {{ "PC-AC" = "pressure", "VC-AC" = "volume" }}

[source.words.support]
"PC-AC" = "invasive"
"VC-AC" = "invasive"
"non-invasive" = "non-invasive"
"high-flow" = "high-flow"
"oxygen" = "oxygen"
"room-air" = "room-air"
"""


class Hospital:
    """What the gateway makes of the numbers of the ward's children, under a key made for this run."""

    def __init__(self, pseudonyms: Pseudonyms, events: Iterable[Timed]) -> None:
        """`events` of the ward: a stay's pseudonym depends on when its admission says that the child came."""
        admissions = [event.value for event in events if event.value.get("type") == "admitted"]
        self._patients = {one["stay_id"]: pseudonyms.patient(AUTHORITY, one["patient_id"]) for one in admissions}
        self._stays = {
            one["stay_id"]: pseudonyms.stay(
                AUTHORITY, visit_of(one["stay_id"]), stamp(datetime.fromisoformat(one["occurred_at"]))
            )
            for one in admissions
        }
        self.shown = {pseudonym: stay_id for stay_id, pseudonym in self._stays.items()}
        """Pseudonym of a stay -> what the ward calls it."""

    def pseudonym(self, stay_id: str) -> str:
        """By what the records call a stay of the ward."""
        return self._stays[stay_id]

    def pseudonymised(self, event: Timed) -> Timed:
        """An event that goes to Kafka without the gateway, by the names that the gateway gives."""
        stay_id = event.value["stay_id"]
        who = {"patient_id": self._patients[stay_id], "stay_id": self._stays[stay_id]}
        return replace(event, value={**event.value, **who})


def found(folder: Path, events: Iterable[Timed]) -> tuple[Path, Hospital]:
    """The file of a new site in `folder`, with a new key beside it, and the hospital that it is."""
    make_key(folder / "site.key")
    site = folder / "site.toml"
    site.write_text(SITE, encoding="utf-8")
    return site, Hospital(load(site).pseudonyms, events)
