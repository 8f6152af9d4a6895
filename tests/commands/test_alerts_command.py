"""`picustream alerts`: the latest record of each alert, the worst first (docs/alerts.md)."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.alerts import subject
from picustream.commands.main import main
from picustream.models.record import ALERT, DEAD_LETTER, AlertRecord, dump
from picustream.models.text import encode, parse
from picustream.scoring.rules import load_rules
from picustream.terminal.spans import span
from tests.scoring.build import Stay, at

STAMP = load_rules().protocol.stamp()


def alert(name: str = "stay-silent", stay: str | None = "S-1", part: str = "", **fields: Any) -> dict[str, Any]:
    """An alert record as it is written; `part` is what it is about within the stay."""
    alert_id = "/".join(word for word in (stay, "alert", name, part) if word)
    revision = fields.get("revision", 1)
    moment = at("day 2 08:00").isoformat()
    return {
        "event_id": f"{alert_id}/r{revision}",
        "alert_id": alert_id,
        "stay_id": stay,
        "patient_id": "P",
        "name": name,
        "severity": "warning",
        "audience": "operations",
        "state": "firing",
        "since": moment,
        "detail": None,
        "status": "final",
        "revision": revision,
        "supersedes": None,
        "cause": {"reason": "time", "event_id": None},
        "effective_at": moment,
        "emitted_at": at("day 3 11:00").isoformat(),
        "protocol": STAMP,
        "software": "0",
        "caveats": [],
        "use": "research-only",
    } | fields


def written(folder: Path, records: Iterable[dict[str, Any]]) -> str:
    path = folder / f"{ALERT}.ndjson"
    path.write_text("".join(json.dumps({"topic": ALERT, "value": record}) + "\n" for record in records))
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["alerts", *arguments])
    return status, *capsys.readouterr()


def names(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status, out, _ = told(capsys, "--json", *arguments)
    return status, [one["name"] for one in json.loads(out)["alerts"]]


def test_what_fires_is_shown_with_subject_since_how_long_why_and_where_to_read_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As of the last record of the file: 27 hours after the alert began."""
    path = written(tmp_path, [alert(part="ward/7", detail="no-vital-sign")])
    status, out, _ = told(capsys, path)
    assert status == 1
    for words in ("1 firing: 1 warning", "stay-silent", "S-1 ward/7", "2025-01-02 08:00", "for 1 d 3 h"):
        assert words in out
    assert "no-vital-sign" in out and "docs/alerts.md#stay-silent" in out
    assert max(map(len, out.splitlines())) <= 80


def test_nothing_that_fires_is_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    over = [alert(), alert(revision=2, state="resolved")]
    assert told(capsys, written(tmp_path, over))[:2] == (0, "Nothing fires.\n")
    assert told(capsys, written(tmp_path, []))[:2] == (0, "Nothing fires.\n")


def test_a_file_without_a_record_of_the_topic_is_the_wrong_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input events, or another output alone: nothing is known of the rest. All outputs: there are none."""
    path = tmp_path / "some.ndjson"

    def told_of(*topics: str) -> list[tuple[int, str, str]]:
        path.write_text("".join(json.dumps({"topic": topic, "value": {}}) + "\n" for topic in topics))
        commands = (["alerts", str(path)], ["deadletters", "list", "--file", str(path)])
        return [(main(command), *capsys.readouterr()) for command in commands]

    for topics in (["picu.lab.v1", "picu.adt.v1"], ["picu.score.mods.v1"], ["picu.lab.v1", "picu.score.mods.v1"]):
        for (status, out, err), topic in zip(told_of(*topics), (ALERT, DEAD_LETTER), strict=True):
            assert (status, out) == (2, "")
            assert f"no records of {topic}" in err and topics[0] in err and "picustream replay FILE --out DIR" in err
    assert [status for status, *_ in told_of("picu.score.mods.v1", "picu.eligibility.v1")] == [0, 0]


def test_the_latest_record_of_each_alert_counts_whatever_the_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fired, resolved and fired again, read backwards."""
    again = [alert(revision=3), alert(revision=2, state="resolved"), alert()]
    assert names(capsys, written(tmp_path, again)) == (1, ["stay-silent"])
    over = [alert(revision=2, state="resolved"), alert()]
    assert names(capsys, written(tmp_path, over)) == (0, [])


def test_the_worst_comes_first_then_the_oldest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(
        tmp_path,
        [
            alert("eligible", severity="info", audience="trial-office"),
            alert("no-admission", since=at("day 2 09:00").isoformat()),
            alert("consent-due", audience="trial-office"),
            alert("patient-mismatch", severity="critical", since=at("day 3").isoformat()),
        ],
    )
    assert names(capsys, path) == (1, ["patient-mismatch", "consent-due", "no-admission", "eligible"])
    assert names(capsys, path, "--audience", "operations") == (1, ["patient-mismatch", "no-admission"])
    assert names(capsys, path, "--audience", "trial-office") == (1, ["consent-due", "eligible"])


def test_news_alone_is_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 is for what somebody has to see to, of the audience that is asked for."""
    path = written(tmp_path, [alert("eligible", severity="info", audience="trial-office"), alert()])
    assert names(capsys, path, "--audience", "trial-office") == (0, ["eligible"])


def test_resolved_ones_are_shown_if_asked_for_with_how_long_they_lasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resolved = alert(revision=2, state="resolved", emitted_at=at("day 2 12:30").isoformat())
    path = written(tmp_path, [alert(), resolved, alert("eligible", severity="info")])
    status, out, _ = told(capsys, path, "--all")
    assert status == 0
    assert "1 firing: 1 info" in out and "resolved stay-silent S-1" in out and "for 4 h 30 min" in out
    assert out.index("eligible") < out.index("stay-silent")


def test_as_data_every_record_stands_whole_with_what_is_shown_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = told(capsys, written(tmp_path, [alert()]), "--json")
    data = json.loads(out)
    assert (status, data["firing"]) == (1, 1)
    [one] = data["alerts"]
    assert (one.pop("subject"), one.pop("seconds"), one.pop("page")) == ("S-1", 97_200, "docs/alerts.md#stay-silent")
    assert one == alert()


@pytest.mark.parametrize(
    ("stay", "alert_id", "about"),
    [
        ("S-1", "S-1/alert/stay-silent", "S-1"),
        ("S-1", "S-1/alert/window-day-unmeasured/2025-01-04", "S-1 2025-01-04"),
        ("stay-silent", "stay-silent/alert/stay-silent", "stay-silent"),
        (None, "partition-3+0/alert/state-rebuilt", "partition-3+0"),
        (None, "alert/feed-silent/lis", "lis"),
        (None, "alert/feed-silent//lis/", "/lis/"),
    ],
)
def test_the_subject_is_what_the_alert_is_about(stay: str | None, alert_id: str, about: str) -> None:
    """A stay and what of it, or, for the alert of no stay, what its id says beside the name."""
    name = next(n for n in ("stay-silent", "window-day-unmeasured", "state-rebuilt", "feed-silent") if n in alert_id)
    record = AlertRecord.model_validate(parse(json.dumps(alert(name, stay, alert_id=alert_id))))
    assert subject(record) == about


def test_what_a_replay_wrote_is_read_from_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Events of a stay that nobody admitted: the alert of the real engine, through its own file."""
    ward = Stay().lab("day 1 09:00", creatinine=100)
    values = [dump(AlertRecord.model_validate(parse(one.value))) for one in ward.outputs if one.topic == ALERT]
    lines = (f'{{"topic":"{ALERT}","value":{encode(value)}}}\n' for value in values)
    (tmp_path / f"{ALERT}.ndjson").write_text("".join(lines))
    assert names(capsys, str(tmp_path)) == (1, ["no-admission"])


def test_broken_records_are_reported_and_are_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, [alert() | {"state": "maybe"}])
    status, out, err = told(capsys, path)
    assert (status, out) == (1, "Nothing fires.\n")
    assert f"{path}:1: no alert: state" in err and "Traceback" not in err


def test_following_a_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = told(capsys, written(tmp_path, []), "--follow")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 2 and "--follow" in err


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (86_400 * 3 + 60, "3 d"), (-90, "-1 min 30 s")],
)
def test_spans_are_cut_to_their_two_largest_units(length: float, words: str) -> None:
    assert span(length) == span(timedelta(seconds=length)) == words
