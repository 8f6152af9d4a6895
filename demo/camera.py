"""The picture of the README: the screen at one moment of the ward, as a file."""

from datetime import datetime, timedelta
from pathlib import Path

from picustream.demo.tally import Tally
from picustream.demo.view import render_svg
from picustream.runtime.errors import UserError

MOMENT = timedelta(days=3, hours=3)
"""Since the ward's opening: the fourth day, all beds taken, and the late creatinine has just come."""


class Camera:
    """Draws into `path` (SVG) once the ward's clock reads `moment`. Raises `UserError` if that cannot be."""

    def __init__(self, path: Path, moment: datetime) -> None:
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise UserError(f"{path} cannot be written.", "Name a file, in a folder that is there.")
        self._path = path
        self._moment = moment
        self._taken = False

    def look(self, tally: Tally) -> None:
        """Take the picture if it is time and it is not taken. Raises `UserError` if the file cannot be written."""
        if tally.now is not None and tally.now >= self._moment:
            self.take(tally)

    def take(self, tally: Tally) -> None:
        """Take the picture if it is not taken. Raises `UserError` if the file cannot be written."""
        if self._taken:
            return
        self._taken = True
        try:
            self._path.write_text(render_svg(tally), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{self._path} cannot be written: {error.strerror}.", "Name another file.") from error
