"""What doctor finds on this machine."""

from pathlib import Path

import pytest

from picustream.contract import schemas
from picustream.doctor import here
from picustream.models.event import ADT, LAB


def test_schemas_that_differ_from_the_models_are_named() -> None:
    made = {topic: schemas.written(schema) for topic, schema in schemas.schemas().items()}
    assert here.check_schemas(made).level == "ok"
    assert here.check_schemas(None).level == "skipped"
    finding = here.check_schemas(made | {LAB: "{}\n"})
    assert finding.level == "finding" and LAB in finding.message and ADT not in finding.message


def test_the_zones_data_are_named_with_their_edition(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """T1: whose days are scored; the system's data come before the package's."""
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Shanghai").touch()
    (tmp_path / "tzdata.zi").write_text("# version 2031z\n# more\n")
    monkeypatch.setattr(here.zoneinfo, "TZPATH", (str(tmp_path),))
    assert "2031z" in here.time_zone("Asia/Shanghai").message
    monkeypatch.setattr(here.zoneinfo, "TZPATH", ())
    assert "the package tzdata (20" in here.time_zone("Asia/Shanghai").message
    assert here.time_zone("Asia/Nowhere").level == "finding"
