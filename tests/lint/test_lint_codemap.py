"""`picustream lint`: the tables of a code map that it proposes do fix a feed, and equate nothing by themselves."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.main import main
from picustream.lint.fixes import look_alike
from picustream.lint.report import Report
from picustream.lint.spelling import quoted
from picustream.models.codemap import parse_codemap
from picustream.scoring.rules import load_rules
from tests.lint.cards import WHOLE, card, file_of, found, linted, without
from tests.scoring.build import Stay, obs


def said(code: str, unit: str | None, system: str = "urn:s", value: float = 5) -> dict[str, Any]:
    """An observation by a site's own code."""
    return {"system": system, "code": code, "value": value} | ({} if unit is None else {"unit": unit})


Lists = dict[str, dict[str, list[str]]]
"""Table -> list -> what to write into it."""


def filled(report: Report, tables: Lists | None = None) -> str:
    """The tables as they are proposed, with these entries written into their lists."""
    table, lines = "", []
    wanted = {(table, name): entries for table, lists in (tables or {}).items() for name, entries in lists.items()}
    for line in report.codemap:
        table = line.strip("[]") if line.startswith("[") else table
        name, sign, rest = line.partition(" = [")
        more = [json.dumps(one) + ", " for one in wanted.pop((table, name.strip('"')), [])] if sign else []
        lines.append(f"{name}{sign}{''.join(more)}{rest}")
    assert not wanted, "every list that is filled in has its place, and but one"
    return "\n".join(lines)


def fixed(folder: Path, report: Report, tables: Lists | None = None) -> Path:
    path = folder / "site.toml"
    path.write_text(filled(report, tables))
    return path


UNITS_AND_CODES = (
    WHOLE.lab("day 1 11:00", obs("platelets", 5, "G/L"), obs("platelets", 6, "x10^9/L", id="x"))
    .gas("day 1 11:00", obs("pao2", 80, "Torr"), obs("pao2", 81, "mm Hg", id="y"))
    .lab("day 1 11:00", said("CREA", "umol/L"), said("CREA-E", "umol/L"), said("PLT", "G/L", "urn:t"))
    .vital("day 1 11:00", said("GCS", "points", "urn:mon"), said("GCS2", None, "urn:mon"))
)
"""Two spellings of one unit, twice; two codes of one variable; codes with units that are unknown, too."""


def test_one_round_of_filling_in_fixes_all_of_a_feed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written to a file, loaded as every command does, and linted again: nothing is refused or ignored any more but
    what has no unit."""
    report = card(*UNITS_AND_CODES.events)
    assert len(found(report)["unit-unknown"]) == 4
    tables = {
        'codes."urn:s"': {"creatinine": ["CREA", "CREA-E"]},
        'codes."urn:t"': {"platelets": ["PLT"]},
        'codes."urn:mon"': {"gcs_total": ["GCS", "GCS2"]},
        "spellings": {"10*9/L": ["G/L", "x10^9/L"], "mm[Hg]": ["Torr", "mm Hg"], "{score}": ["points"]},
    }
    path = fixed(tmp_path, report, tables)
    again = card(*UNITS_AND_CODES.events, codemap=path)
    assert found(again) == {"unit-missing": ["picu.vital.v1 ward urn:mon|GCS2 (no unit)"]}
    assert again.codemap == [] and not any(one["ignored"] for one in again.as_data()["observations"])
    feed = file_of(tmp_path, *UNITS_AND_CODES.events)
    assert linted(capsys, feed, "--codemap", path)[2] == "", "every command can load it"


def test_as_they_stand_the_tables_change_nothing(tmp_path: Path) -> None:
    report = card(*UNITS_AND_CODES.events)
    path = fixed(tmp_path, report)
    again = card(*UNITS_AND_CODES.events, codemap=path)
    assert found(again) == found(report) and again.codemap == report.codemap


def test_tables_take_the_place_of_the_sites_own_and_lose_nothing(tmp_path: Path) -> None:
    """What the site's map has in a table is in the one that is proposed, each key once."""
    site = tmp_path / "site.toml"
    site.write_text(
        '[spellings]\n"10*9/L" = ["Giga"]\n"%" = ["pct"]\n[codes."urn:s"]\nspo2 = ["SAT"]\n[codes."urn:q"]\n'
    )
    report = card(*UNITS_AND_CODES.events, codemap=site)
    path = fixed(tmp_path, report, {'codes."urn:s"': {"creatinine": ["CREA"]}, "spellings": {"10*9/L": ["G/L"]}})
    whole = parse_codemap(path.read_bytes())
    assert whole.spellings["10*9/L"] == ["G/L", "Giga"] and whole.spellings["%"] == ["pct"]
    assert whole.codes["urn:s"] == {"bilirubin_total": [], "creatinine": ["CREA"], "spo2": ["SAT"]}
    assert "urn:q" not in whole.codes, "a table with nothing new is left where it is"


def test_a_spelling_close_to_a_known_one_has_that_unit_alone(tmp_path: Path) -> None:
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", 5, "MG/DL")).vital(
        "day 1 11:00", obs("map_invasive", 60, "mm Hg")
    )
    report = card(*ward.events)
    assert '#     spelt almost like "mg/dL"' in report.codemap
    assert parse_codemap(filled(report).encode()).spellings == {"mg/dL": [], "mm[Hg]": []}
    path = fixed(tmp_path, report, {"spellings": {"mg/dL": ["MG/DL"], "mm[Hg]": ["mm Hg"]}})
    assert card(*ward.events, codemap=path).findings == []


@pytest.mark.parametrize("unit", ["cm H2O2", "mm", "Torr", "1000/uL", "G/l", "Tsd/µl", "[]"])
def test_a_unit_that_may_be_a_spelling_is_asked_about_and_never_guessed(unit: str) -> None:
    """It is in a comment, with what has to be known; no list has it."""
    assert look_alike(unit, load_rules().codemap) is None
    report = card(*WHOLE.lab("day 1 11:00", obs("platelets", 5, unit)).events)
    assert any(line.startswith(f"#   {quoted(unit)} with platelets: 1, first at feed:7") for line in report.codemap)
    assert any("only if it is another spelling of the very same" in line for line in report.codemap)
    assert parse_codemap(filled(report).encode()).spellings == {"10*9/L": [], "10*3/uL": []}


@pytest.mark.parametrize(
    ("variable", "unit"),
    [
        ("creatinine", "mmol/L"), ("creatinine", "ug/L"), ("creatinine", "mg/L"), ("creatinine", "nmol/l"),
        ("bilirubin_total", "g/dL"), ("platelets", "10*6/uL"), ("platelets", "10^12/L"), ("platelets", "/µL"),
        ("map_invasive", "mbar"), ("pao2", "hPa"), ("creatinine", "ｍmol/L"), ("creatinine", "mmol\u200b/L"),
        ("platelets", "10⁶/µL"), ("creatinine", "mmol∕L"),
    ],
)  # fmt: skip
def test_another_unit_is_never_proposed_as_a_spelling(variable: str, unit: str) -> None:
    """No code map converts: the feed has to, and there is no list to write the unit into."""
    report = card(*WHOLE.lab("day 1 11:00", obs(variable, 5, unit)).events)
    [one] = [one for one in report.findings if one.code == "unit-unknown"]
    assert report.codemap == [] and "the feed has to convert" in one.message and not one.mended_by_codemap


@pytest.mark.parametrize(
    ("unit", "twin"),
    [
        ("mm Hg", "mm[Hg]"), ("MMHG", "mm[Hg]"), ("µmol/l", "umol/L"), ("10^3/µL", "10*3/uL"), ("10e9/L", "10*9/L"),
        ("cm H2O", "cm[H2O]"), ("BPM", "/min"), ("kpa", "kPa"), ("k/ul", "10*3/uL"), ("ｕmol／Ｌ", "umol/L"),
        ("µmol∕L", "umol/L"), ("10⁹/L", "10*9/L"), ("×10³/µL", "10*3/uL"), ("㎎/dL", "mg/dL"), ("㎜Hg", "mm[Hg]"),
    ],
)  # fmt: skip
def test_what_differs_in_signs_and_case_alone_looks_alike(unit: str, twin: str) -> None:
    assert look_alike(unit, load_rules().codemap) == twin


def test_unknown_codes_have_a_place_to_fill_in_and_no_meaning(tmp_path: Path) -> None:
    """A site's own code whose unit fits, a LOINC code that nobody knows here, and says so; none that is known to be
    another quantity."""
    ward = Stay(tuple(without(cvp="gone"))).vital(
        "day 1 11:00",
        said('ZVD "1"', "mmHg", "urn:site", 8),
        said("Na", "mmol/L", "urn:site", 140),
        {"code": "90001-9", "value": 50, "unit": "mmHg"},
        {"code": "8462-4", "value": 50, "unit": "mmHg"},
        {"code": "9279-1", "value": 30, "unit": "/min"},
    )
    report = card(*ward.events)
    assert not report.codemap_optional
    asked = [line.split(" in ")[0] for line in report.codemap if line.startswith('#   "')]
    assert asked == ['#   "90001-9"', '#   "ZVD \\"1\\""']
    assert any("not known here" in line for line in report.codemap)
    pressures = {"cvp": [], "map_invasive": [], "map_noninvasive": [], "pao2": []}
    whole = parse_codemap(filled(report).encode())
    assert (whole.codes, whole.loinc) == ({"urn:site": pressures}, pressures)
    path = fixed(tmp_path, report, {'codes."urn:site"': {"cvp": ['ZVD "1"']}})
    assert card(*ward.events, codemap=path).findings == []


def test_a_clean_feed_with_codes_of_its_own_stays_clean_and_has_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unmapped code is no error. What could be done about it is a hint, and is called one."""
    path = file_of(tmp_path, *WHOLE.lab("day 1 11:00", said("CREA", "umol/L")).events)
    status, out, _ = linted(capsys, path)
    assert status == 0 and "No findings." in out and "A hint, no finding" in out
    status, out, _ = linted(capsys, path, "--json")
    data = json.loads(out)
    assert (status, data["code_map_optional"], '"CREA"' in data["code_map"]) == (0, True, True)
    refused = file_of(tmp_path, *WHOLE.lab("day 1 11:00", obs("platelets", 5, "G/L")).events)
    assert "Code map: lists to fill in" in linted(capsys, refused)[1]


def test_hostile_names_break_neither_the_toml_nor_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a feed writes into codes, units and topics is shown, and gives no orders."""
    odd = 'u\x1b[2J"\n\x7f]'
    ward = WHOLE.lab("day 1 11:00", obs("platelets", 5, odd), {"system": odd, "code": odd, "value": 1, "unit": "mg/dL"})
    path = file_of(tmp_path, *ward.events, (f"picu.{odd}", {}))
    status, out, _ = linted(capsys, path)
    assert status == 1 and all(char.isprintable() or char == "\n" for char in out)
    status, out, _ = linted(capsys, path, "--json")
    assert parse_codemap(json.loads(out)["code_map"].encode()).codes == {odd: {"bilirubin_total": [], "creatinine": []}}


# What is printed fixes what it says. ---------------------------------------------------------------------------------


def as_printed(out: str) -> str:
    """The tables as they stand on the screen, for a person to copy."""
    return out[out.index("# For your code map") :]


def followed(printed: str) -> str:
    """What a person does who follows the words: every unit that is `spelt almost like` another one, and every code that
    the comment names a variable of, is copied from its comment, unchanged, into the list of that name."""
    wanted: dict[str, list[str]] = {}
    lines, done = printed.splitlines(), []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        entry = re.match(r'#   ("(?:[^"\\]|\\.)*")', line)
        list_of = re.match(r'#     (?:spelt almost like ("[^"]+")|(?:[^:]+: )?(\w+), if )', below)
        if entry and list_of:
            wanted.setdefault(list_of[1] or list_of[2], []).append(entry[1])
        name, sign, rest = line.partition(" = [")
        done.append(f"{name} = [{', '.join(wanted.pop(name, []))}{rest}" if sign else line)
    assert not wanted, "every list that is named is there, in the same table"
    return "\n".join(done)


LOOK_ALIKES = (
    "µmol/L",
    "μmol/L",
    "umol/L ",
    "umol\u200b/L",
    "umol\u00a0/L",
    "umol /L",
    "u mol/L",
    "Umol/l",
    "umol\u00ad/L",
)
"""The micro sign, the Greek letter, and blanks that can be seen and that cannot."""


def test_units_that_look_alike_are_distinguished_and_fixed_by_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Copied from the screen into a file, each is one entry of its own, and no unit is refused any more."""
    ward = WHOLE
    for minute, unit in enumerate(LOOK_ALIKES):
        ward = ward.lab(f"day 1 11:0{minute}", obs("creatinine", 50, unit))
    path, site = file_of(tmp_path, *ward.events), tmp_path / "site.toml"
    status, out, _ = linted(capsys, path)
    assert status == 1 and out.count("unit-unknown  picu") == 6, "three are spellings of the map as it is shipped"
    assert "in it: zero width space" in out and "in it: no-break space" in out and "in it: space" in out
    site.write_text(followed(as_printed(out)), "utf-8")
    assert len(parse_codemap(site.read_bytes()).spellings["umol/L"]) == 6
    status, out, err = linted(capsys, path, "--codemap", site)
    assert (status, err) == (0, "") and "No findings." in out


def test_a_terminal_that_cannot_write_a_character_is_given_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is copied from it is the same unit all the same."""
    path = file_of(tmp_path, *WHOLE.lab("day 1 11:00", obs("heart_rate", 99, "次/分")).events)
    written = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", written)
    assert main(["lint", str(path)]) == 1
    written.flush()
    out = written.buffer.getvalue().decode("ascii")
    assert '#   "\\u6b21/\\u5206" with heart_rate: 1' in as_printed(out)
    parse_codemap(as_printed(out).encode())


def test_codes_of_the_same_quantity_are_fixed_by_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one under another name of LOINC; nothing is ignored any more, and there are no findings."""
    other = {"system": "urn:iso:loinc", "code": "777-3", "value": 90, "unit": "10*9/L"}
    ward = WHOLE.lab("day 1 11:00", {"code": "38483-4", "value": 0.9, "unit": "mg/dL"}, other)
    ward = ward.lab("day 1 11:01", {"code": "778-1", "value": 90, "unit": "10*9/L"})
    path, site = file_of(tmp_path, *ward.events), tmp_path / "site.toml"
    status, out, _ = linted(capsys, path)
    assert status == 1 and set(found(card(*ward.events))) == {"code-unmapped", "system-unknown"}
    site.write_text(followed(as_printed(out)))
    status, out, err = linted(capsys, path, "--codemap", site)
    assert (status, err) == (0, "") and "No findings." in out
