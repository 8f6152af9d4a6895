"""What a demo refuses before anything starts."""

from pathlib import Path

import pytest
from rich.console import Console

from picustream.demo.plan import Plan
from picustream.demo.run import Demo
from picustream.runtime.errors import UserError


def test_a_folder_that_cannot_be_is_reported_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Demo(Plan(out=tmp_path / "file"), Console(), _silent)


def test_a_picture_nowhere_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        Demo(Plan(picture=tmp_path / "no" / "ward.svg"), Console(), _silent)


def _silent(line: str) -> None:
    """Nobody listens."""
