"""`picustream deadletters`: what was refused is counted, shown, and sent again once it is fixed (docs/topics.md)."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from picustream.commands.main import main
from picustream.deadletters.dead_letter import DecodedDeadLetter, dead_letters
from picustream.deadletters.page import original
from picustream.deadletters.resubmit import Resubmitter
from picustream.eventfiles.outputs import Stored
from picustream.models.event import LAB, VITAL
from picustream.models.record import DEAD_LETTER
from picustream.runtime.clock import Clock
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import LATEST, InputRecord, Validator
from picustream.streams.kafka.resubmission import RESUBMITTED_HEADER
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition.intake import take_in
from picustream.streams.store.outbox import Header
from tests.scoring.build import obs

NOW = datetime(2025, 1, 2, tzinfo=UTC)
FIXED = '[spellings]\n"umol/L" = ["micromol"]\n'


def event(*observations: dict[str, Any], stay: str = "S-1", name: str = "e-1", **fields: Any) -> bytes:
    """A laboratory event; the trailing zero of its value has to survive."""
    value_ = list(observations) or [obs("creatinine", 1.5, "micromol")]
    envelope = {"event_id": name, "source": "lis", "patient_id": "P", "stay_id": stay}
    return json.dumps({**envelope, "observed_at": "2025-01-01T08:00:00Z", "observations": value_, **fields}).encode()


def refused(*values: bytes, key: bytes | None = b"S-1", again: bool = False, latest: datetime = NOW) -> list[bytes]:
    """The dead letters that the engine makes of records of the laboratory's topic, one after another."""
    engine = Engine(load_rules())
    found = (InputRecord(LAB, 3, offset, key, value, again) for offset, value in enumerate(values, start=40))
    return [
        output.value
        for input_record in found
        for output in engine.process(engine.read([input_record], latest), latest).outputs
        if output.topic == DEAD_LETTER
    ]


def read(values: Iterable[bytes]) -> list[DecodedDeadLetter]:
    broken: list[Any] = []
    found = list(dead_letters((Stored(DEAD_LETTER, None, value, "here") for value in values), broken.append))
    assert broken == []
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A replay's dead letters: two with the same fault, one of another feed, one that had been sent again."""
    values = [
        *refused(event(), event(obs("platelets", 5, "K/uL"), obs("creatinine", 2, "micromol")), key=None),
        *refused(event(source="poct", observations=[obs("creatinine", 5000)])),
        *refused(b"{no json", again=True, latest=datetime(2025, 2, 1, tzinfo=UTC)),
    ]
    lines = [b'{"topic":"%s","value":%s}\n' % (DEAD_LETTER.encode(), value) for value in values]
    (tmp_path / f"{DEAD_LETTER}.ndjson").write_bytes(b"".join(lines))
    return tmp_path


def on_error(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["deadletters", *map(str, arguments)])
    return status, *capsys.readouterr()


def groups(capsys: pytest.CaptureFixture[str], *arguments: Any) -> list[dict[str, Any]]:
    status, out, _ = on_error(capsys, "list", "--json", *arguments)
    assert status == 0
    return json.loads(out)["groups"]


# List. ---------------------------------------------------------------------------------------------------------------


def test_letters_of_one_fault_are_one_group(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place in the list of observations tells no two apart; topic, source, reason, code and unit do."""
    first, *others = groups(capsys, "--file", folder)
    assert (first["topic"], first["source"], first["reason"], first["count"]) == (LAB, "lis", "unit-unknown", 2)
    assert (first["path"], first["observed"]) == ("/observations/*/unit", "creatinine in micromol")
    assert first["example"] == f"dead/{LAB}/3/40/0"
    assert {(one["source"], one["reason"], one["count"]) for one in others} == {
        ("poct", "implausible", 1), (None, "not-json", 1),
    }  # fmt: skip


def test_letters_are_chosen_by_reason_source_and_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = {
        ("--reason", "implausible"): ["implausible"],
        ("--source", "lis"): ["unit-unknown"],
        ("--since", "2025-01-15T00:00:00+08:00"): ["not-json"],
        ("--source", "lis", "--reason", "implausible"): [],
    }
    for options, reasons in chosen.items():
        assert [one["reason"] for one in groups(capsys, "--file", folder, *options)] == reasons, options


def test_a_letter_that_was_sent_again_is_marked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_reason = {one["reason"]: one["resubmitted"] for one in groups(capsys, "--file", folder)}
    assert by_reason == {"not-json": 1, "implausible": 0, "unit-unknown": 0}
    assert "1 of these sent again and refused again" in on_error(capsys, "list", "--file", folder)[1]


def test_no_value_of_an_event_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """I10: sums and lines hold codes, units and paths, and nothing that was measured."""
    for options in ((), ("--json",), ("--all-lines",), ("--all-lines", "--json")):
        _, out, _ = on_error(capsys, "list", "--file", folder, *options)
        assert "5000" not in out and '"payload":' not in out and "patient" not in out, options


def test_all_lines_are_one_per_letter(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = on_error(capsys, "list", "--file", folder, "--all-lines")
    lines = out.splitlines()
    assert len(lines) == 4 and lines[-1].endswith("not-json - refused-again")
    _, out, _ = on_error(capsys, "list", "--file", folder, "--all-lines", "--json")
    assert [json.loads(line)["event_id"] for line in out.splitlines()] == [line.split()[1] for line in lines]


def test_no_letters_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / f"{DEAD_LETTER}.ndjson").touch()
    assert on_error(capsys, "list", "--file", tmp_path) == (0, "No dead letters.\n", "")


def test_wrong_use_is_told_in_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        ("list", "--reason", "bad"), ("list", "--since", "yesterday"), ("resubmit",), ("resubmit", "dead/x", "--all"),
        ("resubmit", "--all", "--fixed-by", folder / "nowhere.toml"), ("lsit",),
    ]  # fmt: skip
    for arguments in wrong:
        status, out, err = on_error(capsys, *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 2), arguments


# Show. ---------------------------------------------------------------------------------------------------------------


def test_one_letter_is_shown_with_its_event_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = on_error(capsys, "show", f"dead/{LAB}/3/40/0", "--file", folder)
    assert status == 0
    for words in ("unit-unknown", "/observations/0/unit", "partition 3, offset 40", "It may hold a patient's data"):
        assert words in out
    shown = out[out.index("\n{") :]
    assert json.loads(shown) == json.loads(event())


def test_as_data_a_letter_has_its_event_as_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = on_error(capsys, "show", f"dead/{LAB}/3/40/0", "--file", folder, "--json")
    data = json.loads(out)
    assert (status, data["original"]) == (0, event().decode())
    assert base64.b64decode(data["payload"]) == event()


def test_a_letter_that_is_not_there_is_a_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = on_error(capsys, "show", "dead/nothing", "--file", folder)
    assert (status, out) == (1, "")
    assert "dead/nothing" in err and "--all-lines" in err


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        (b'{"a":1.50,"b":[],"c":[1e400,"\xc3\xa4"]}', ["{", '  "a": 1.50,', '  "b": [],', '  "c": [', "    1e400,"]),
        (b"{no\njson\xff", ["{no", "json\\xff"]),
        (b'{"a":1,"a":2}', ['{"a":1,"a":2}']),
        (b"x" * 200_007, ["x" * 200_000, "... 7 characters more"]),
        (b"", []),
    ],
)
def test_the_event_is_set_in_with_its_numbers_as_written_or_shown_as_it_stands(
    payload: bytes, lines: list[str]
) -> None:
    assert original(payload)[: len(lines)] == lines


# Send again. ---------------------------------------------------------------------------------------------------------


@dataclass
class Tray:
    """Takes what is sent."""

    sent: list[tuple[str, bytes | None, bytes | None, dict[str, bytes | None]]] = field(default_factory=list)
    """Topic, value, key and headers."""

    def send(
        self, topic: str, value: bytes | None, key: bytes | None, headers: Iterable[Header] = (), *, origin: str
    ) -> None:
        self.sent.append((topic, value, key, dict(headers)))


def again(codemap: str | None, tmp_path: Path, latest: datetime = LATEST, rekey: bool = False) -> Resubmitter:
    path = None
    if codemap is not None:
        path = tmp_path / "site.toml"
        path.write_text(codemap)
    return Resubmitter(Validator(load_rules(None, path)), lambda: latest, rekey)


@pytest.mark.proves("I2")
def test_what_a_code_map_fixes_is_sent_unchanged_keyed_and_marked(tmp_path: Path) -> None:
    """The bytes that were refused, the stay as the key, the dead letter's id in a header."""
    tray = Tray()
    found = read(refused(event(stay="S-1")))
    outcome = again(FIXED, tmp_path).resubmit(found, tray)
    [(topic, value, key, headers)] = tray.sent
    assert (topic, value, key) == (LAB, event(), b"S-1")
    assert headers == {RESUBMITTED_HEADER: f"dead/{LAB}/3/40/0".encode()}
    assert (outcome.fixed, outcome.still_refused) == (1, 0)


def test_what_would_only_be_refused_again_is_not_sent(tmp_path: Path) -> None:
    """No code map, the wrong one, a fault that no code map fixes: counted with the reason of now."""
    tray = Tray()
    found = read(refused(event(), event(obs("creatinine", 5000)), b"{no json", b'{"event_id":1}'))
    outcome = again(None, tmp_path).resubmit(found, tray)
    assert tray.sent == []
    assert outcome.still_refused == 4
    assert {reason for reason, _, _ in outcome.refused} == {"unit-unknown", "implausible", "not-json", "schema"}


def test_a_unit_that_is_known_now_may_show_another_fault(tmp_path: Path) -> None:
    """5,000 of the mended unit is out of range: refused for another reason than before."""
    found = read(refused(event(obs("creatinine", 5000, "micromol"))))
    outcome = again(FIXED, tmp_path).resubmit(found, Tray())
    assert [key[:2] for key in outcome.refused] == [("implausible", "/observations/*/value")]


def test_of_an_event_with_two_faults_the_fixed_one_is_worth_sending(tmp_path: Path) -> None:
    """Two dead letters of one event, one of them fixed: the event is sent once, the other dead letter stays refused."""
    tray = Tray()
    found = read(refused(event(obs("creatinine", 5, "micromol"), obs("platelets", 5, "furlong"))))
    assert len(found) == 2
    outcome = again(FIXED, tmp_path).resubmit(found, tray)
    assert (len(tray.sent), outcome.fixed, outcome.still_refused) == (1, 1, 1)


def test_an_event_that_left_many_letters_is_sent_once(tmp_path: Path) -> None:
    """A feed that tried three times, and two faults that one code map mends."""
    tray = Tray()
    two = event(obs("creatinine", 5, "micromol"), obs("creatinine", 6, "micromol", id="other"))
    outcome = again(FIXED, tmp_path).resubmit(read(refused(two, two, two)), tray)
    assert (len(tray.sent), outcome.fixed) == (1, 6)


def test_t6_what_lay_in_the_future_is_sent_once_its_time_has_come(tmp_path: Path) -> None:
    """T6: by the clock of now, with the protocol's tolerance."""
    early = datetime(2024, 12, 31, tzinfo=UTC)
    found = read(refused(event(obs("creatinine", 5)), latest=early))
    assert found[0].record.reason == "in-the-future"
    assert again(None, tmp_path, latest=early).resubmit(found, None).still_refused == 1
    assert again(None, tmp_path, latest=NOW).resubmit(found, None).fixed == 1


def test_whose_an_event_is_stays_refused_until_somebody_says_so(tmp_path: Path) -> None:
    """Key and stay_id name two stays. Which is right is nobody's to guess: the wrong one gets a stranger's value."""
    found = read(refused(event(obs("creatinine", 5)), key=b"S-2"))
    assert again(None, tmp_path).resubmit(found, None).still_refused == 1
    tray = Tray()
    again(None, tmp_path, rekey=True).resubmit(found, tray)
    assert [key for _, _, key, _ in tray.sent] == [b"S-1"]


def test_without_a_post_nothing_is_sent_and_all_is_told(tmp_path: Path) -> None:
    """What `--dry-run` and the sending say is the same."""
    found = read(refused(event(), b"{no json"))
    dry = again(FIXED, tmp_path).resubmit(found, None)
    assert dry.as_data() == again(FIXED, tmp_path).resubmit(found, Tray()).as_data()
    assert dry.as_data()["events_sent_by_topic"] == {LAB: 1}


# Refused again. ------------------------------------------------------------------------------------------------------


def test_i2_a_resubmitted_event_that_fails_again_says_so_in_its_letter() -> None:
    """I2: the header of the record reaches the dead letter; what came from a feed itself does not claim it."""
    home = partition_of("S-1", 4)
    value_ = {"key": b"S-1", "value": event(), "timestamp": 0}
    record = SimpleNamespace(offset=7, headers=((RESUBMITTED_HEADER, b"dead/x"),), **value_)
    plain = SimpleNamespace(offset=8, headers=(("trace", b"1"),), **value_)
    intake = take_in([FetchedBatch(LAB, home, 7, [record, plain])], {LAB: 7, VITAL: 0}, home, 4, Clock())
    engine = Engine(load_rules())
    outputs = engine.process(engine.read(intake.input_records, NOW), NOW).outputs
    found = read(output.value for output in outputs if output.topic == DEAD_LETTER)
    assert [one.record.resubmitted for one in found] == [True, False]


def test_a_broken_letter_is_told_and_the_rest_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / f"{DEAD_LETTER}.ndjson"
    path.write_bytes(path.read_bytes() + b'{"topic":"%s","value":{}}\n' % DEAD_LETTER.encode())
    status, out, err = on_error(capsys, "list", "--file", path)
    assert status == 1 and "4 open dead letters" in out
    assert f"{path}:5: no dead letter" in err
