"""Rules come from files: what is in force, and what is said of a file that cannot be."""

from pathlib import Path

import pytest

from picustream.scoring.rules import RulesError, load_rules
from tests.paths import ROOT

SHIPPED = ROOT / "protocols" / "nct04850469.toml"
LOINC = "http://loinc.org"
LOCAL = '[loinc]\ncreatinine = ["38483-4"]\n'


def file(folder: Path, name: str, written: str) -> Path:
    path = folder / name
    path.write_text(written)
    return path


def test_the_protocol_given_is_in_force_and_code_maps_are_added_to_the_shipped_one(tmp_path: Path) -> None:
    """A code map that is not set is passed over."""
    protocol = file(tmp_path, "trial.toml", SHIPPED.read_text().replace("Asia/Shanghai", "Europe/Berlin"))
    rules = load_rules(protocol, None, file(tmp_path, "ward.toml", LOCAL))
    assert rules.protocol.zone.key == "Europe/Berlin"
    assert rules.codemap.variable(LOINC, "38483-4") == "creatinine"
    assert rules.codemap.variable(LOINC, "2160-0") == "creatinine"
    assert load_rules().protocol.zone.key == "Asia/Shanghai"


@pytest.mark.parametrize(("written", "said"), [
    ("[follow_up]\ndays = -1\n\n[age]\nbelow_years = -1\n", "age.below_years: "),
    ("[follow_up]\ndays = -1\n", "follow_up.days: "),
    ('[window]\nfirst_day = 0\ncounted_in = "sdtm"\n', "window: Value error, there is no SDTM day 0"),
    ('[window]\nlast_day = 0\ncounted_in = "sdtm"\n', "window: Value error, there is no SDTM day 0"),
    ("[follow_up\n", "not TOML: "),
])  # fmt: skip
def test_a_protocol_that_cannot_be_is_refused_by_file_field_and_reason(tmp_path: Path, written: str, said: str) -> None:
    """The first fault, in a line that a person reads."""
    head = "".join(line for line in SHIPPED.read_text().splitlines(True) if not line.startswith("#"))
    path = file(tmp_path, "trial.toml", head[: head.index("[")] + written)
    with pytest.raises(RulesError) as refused:
        load_rules(path)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert "http" not in str(refused.value)


def test_an_elapsed_day_0_is_the_day_on_which_treatment_starts(tmp_path: Path) -> None:
    """Only SDTM has none."""
    path = file(tmp_path, "trial.toml", SHIPPED.read_text().replace("first_day = 3", "first_day = 0"))
    assert load_rules(path).protocol.window.first_day == 0


def test_a_file_that_is_not_there_is_reported_by_its_name(tmp_path: Path) -> None:
    """Before anything runs."""
    with pytest.raises(RulesError, match=r"nowhere\.toml: No such file"):
        load_rules(tmp_path / "nowhere.toml")
    with pytest.raises(RulesError, match=r"nowhere\.toml: No such file"):
        load_rules(None, tmp_path / "nowhere.toml")
