"""What doctor finds of a read model."""

from datetime import timedelta
from pathlib import Path

import pytest

from picustream.doctor.read_model import check_read_model
from picustream.readmodel.database import address
from picustream.runtime.clock import wall_clock
from picustream.runtime.settings import Settings
from tests.readmodel.filling import fill
from tests.readmodel.test_opening import log_of


def test_nothing_is_found_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert check_read_model(Settings(store=None)) == []


def test_one_that_is_fresh_is_as_it_must_be_and_one_that_is_old_or_has_holes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    settings = Settings(store=str(path))
    (finding,) = check_read_model(settings)
    assert finding.level == "finding" and "No read model can be read" in finding.message
    fill(address(str(path)), log_of(1, 2))
    (finding,) = check_read_model(settings)
    assert finding.level == "ok" and "for everything" in finding.message
    (finding,) = check_read_model(settings, wall_clock() + timedelta(minutes=2))
    assert finding.level == "finding" and "Nobody follows" in finding.message and finding.fix
    fill(address(str(path)), log_of(1, 2, 5))
    (finding,) = check_read_model(settings)
    assert finding.level == "finding" and "1 places of the topics are not as they must be" in finding.message
    assert "S-1" not in finding.message
