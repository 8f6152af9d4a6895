"""The picture of a demo is taken at its moment, and once."""

from pathlib import Path

from picustream.demo.camera import Camera
from picustream.demo.tally import Tally
from tests.demo.stubs import HOUR, OPENS


def test_the_picture_is_taken_at_its_moment_and_once(tmp_path: Path) -> None:
    tally, path = Tally(), tmp_path / "ward.svg"
    camera = Camera(path, OPENS + HOUR)
    tally.clock(OPENS)
    camera.look(tally)
    assert not path.exists()
    tally.clock(OPENS + HOUR)
    camera.look(tally)
    taken = path.read_text()
    tally.clock(OPENS + 2 * HOUR)
    camera.look(tally)
    camera.take(tally)
    assert path.read_text() == taken
    assert "08:00" in taken
