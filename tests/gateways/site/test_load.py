"""A site's file: what is wrong with one is named with its line and the fix; nothing of the key is shown."""

from pathlib import Path

import pytest

from picustream.gateways.site.config import Source
from picustream.gateways.site.key import make_key
from picustream.gateways.site.load import LoadedSite, demo, load
from picustream.models.codemap import CodeMap, CodeMapFile
from picustream.models.envelope import Status
from picustream.runtime.errors import UserError
from tests.gateways.converting import rules

GOOD = """\
zone = "Asia/Shanghai"
key_file = "site.key"

[identity]
patient = [{ authority = "CH", type = "MR", strip_leading_zeros = true }]

[[unit]]
match = "PICU.*"
from = 2026-01-01

[[source]]
name = "lab"
kind = "laboratory"
application = "LAB"
default_status = "final"
specimens = { "ART" = "arterial" }

[source.codes.L]
creatinine = ["KREA"]

[source.spellings]
"umol/L" = ["UMOLL"]

[[source]]
name = "monitors"
kind = "monitor"
application = "MON"
presets = ["pcd-plain"]
"""


PLAIN = 'presets = ["pcd-plain"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_key(tmp_path / "site.key")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text)
    return path


def codemap_of(site: LoadedSite, source: Source) -> CodeMap:
    return site.codemap_of(source, rules().codemap)


def test_a_file_is_a_site_with_its_maps(folder: Path) -> None:
    site = load(written(folder, GOOD))
    lab = site.source_of(2575, "LAB", "CH", "")
    monitors = site.source_of(None, "MON", "", None)
    assert lab is not None and monitors is not None
    assert (lab.name, monitors.name, lab.default_status) == ("lab", "monitors", Status.FINAL)
    assert site.source_of(2575, "GAS", "CH") is None
    assert codemap_of(site, lab).variable("L", "KREA") == "creatinine"
    assert codemap_of(site, lab).ucum("UMOLL") == "umol/L" and codemap_of(site, monitors).ucum("UMOLL") == "UMOLL"
    assert codemap_of(site, monitors).variable("urn:iso:std:iso:11073:10101", "150456") == "spo2"
    assert codemap_of(site, lab).variable("urn:iso:std:iso:11073:10101", "150456") is None
    assert str(site.zone_of(lab)) == "Asia/Shanghai"


def test_what_the_operator_maps_is_known_and_not_contradicted(folder: Path) -> None:
    site = load(written(folder, GOOD))
    lab = site.site.source[0]
    own = CodeMapFile.model_validate({"codes": {"urn:w": {"platelets": ["PLT"]}}, "spellings": {"10*9/L": ["Gpt/L"]}})
    codemap = site.codemap_of(lab, rules().codemap.with_more([own]))
    assert codemap.variable("urn:w", "PLT") == "platelets" and codemap.ucum("Gpt/L") == "10*9/L"
    assert codemap.variable("L", "KREA") == "creatinine"
    other = CodeMapFile.model_validate({"codes": {"L": {"platelets": ["KREA"]}}})
    with pytest.raises(UserError, match="lab: code KREA of L") as error:
        site.codemap_of(lab, rules().codemap.with_more([other]))
    assert "PICUSTREAM_CODEMAP" in error.value.hint


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("default_status", "default_statsu", 15, ("default_statsu", "default_status")),
        ("[identity]", "[identiy]", 4, ("identiy", "identity")),
        ('match = "PICU', 'mach = "PICU', 8, ("unit.0.mach", "match")),
        ('type = "MR"', 'typ = "MR"', 5, ("typ",)),
        ('presets = ["pcd-plain"]', 'presets = ["pcd-plan"]', 28, ("pcd-plan", "pcd-plain")),
        ('match = "PICU.*"', 'match = "PICU("', 8, ("regular expression",)),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Shangai"', 1, ("Asia/Shangai",)),
        ("from = 2026-01-01", "from = 2026-01-01\nuntil = 2025-01-01", 10, ("ends before",)),
        ('kind = "monitor"', 'kind = "monitors"', 26, ("source.1.kind",)),
        ('"umol/L" =', '"umol/l" =', 22, ("umol/l",)),
        ('"umol/L" = ["UMOLL"]', '"umol/L" = ["bpm"]', 11, ("bpm",)),
        ('creatinine = ["KREA"]', 'creatinin = ["KREA"]', 19, ("creatinin", "creatinine")),
        ('[source.codes.L]\ncreatinine = ["KREA"]', '[source.codes.LN]\nmap_invasive = ["8414-5"]', 19, ("pulmonary",)),
        ('[source.codes.L]\ncreatinine = ["KREA"]', '[source.codes.LN]\nplatelets = ["2160-0"]', 11, ("2160-0",)),
        ('"ART" = "arterial"', '"ART" = "artery"', 16, ("artery",)),
        ('name = "monitors"', 'name = "lab"', 25, ("name",)),
        ('application = "MON"', 'port = 2576', 24, ("same sender", "application")),
        (PLAIN, PLAIN + '[[source.words]]\ncodes = ["S"]\nsedation.a = "on"\nsupport.b = "oxygen"', 31, ("S has",)),
        (PLAIN, PLAIN + '[[source.methods]]\ncodes = ["150047"]\nmeans.a = "map_invasive"', 30, ("pulmonary",)),
        (PLAIN, PLAIN + '[[source.methods]]\ncodes = ["1"]\nmeans.a = "map"', 31, ("means",)),
        (PLAIN, PLAIN + '[[source.words]]\ncodes = ["S"]\nintrinsic_alteration = ["a"]', 31, ("no word of sedation",)),
        (PLAIN, PLAIN + f'[[source.words]]\ncodes = ["S"]\nsupport.{"a" * 129} = "oxygen"', 31, ("support",)),
        ('key_file = "site.key"', 'key_file = "site.key"\ndemo = true', 3, ("--demo",)),
        ('key_file = "site.key"', "", 1, ("key_file", "gateway key")),
        ('key_file = "site.key"', 'key_file = "no.key"', None, ("no.key",)),
        ('zone = "Asia', 'zone = Asia"', None, ("line 1", "TOML")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    folder: Path, old: str, new: str, line: int | None, words: tuple[str, ...]
) -> None:
    assert old in GOOD
    path = written(folder, GOOD.replace(old, new))
    with pytest.raises(UserError) as error:
        load(path)
    said = str(error.value)
    assert all(word in said for word in words), said
    assert line is None or f"site.toml:{line}:" in said
    assert error.value.hint and error.value.status == 2
    assert (folder / "site.key").read_text().strip() not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o640, "f" * 64, "chmod"),
        (0o604, "f" * 64, "chmod"),
        (0o400, "short", "32 bytes"),
        (0o400, "f" * 64, "random"),
    ],
)
def test_a_key_that_is_none_is_refused_and_not_shown(folder: Path, mode: int, content: str, words: str) -> None:
    key = folder / "other.key"
    key.write_text(content)
    key.chmod(mode)
    with pytest.raises(UserError) as error:
        load(written(folder, GOOD.replace("site.key", "other.key")))
    assert words in str(error.value) and content not in str(error.value)


def test_a_key_is_made_once_and_read_by_its_owner_alone(folder: Path) -> None:
    key = folder / "site.key"
    assert key.stat().st_mode & 0o777 == 0o400
    before = key.read_bytes()
    with pytest.raises(UserError, match="there already"):
        make_key(key)
    assert key.read_bytes() == before and len(before.strip()) == 64


def test_the_demo_takes_any_sender_in_the_zone_of_the_protocol() -> None:
    site = demo()
    source = site.source_of(1, "any", "thing", "")
    assert source is not None and str(site.zone_of(source)) == "Asia/Shanghai" and site.site.demo
