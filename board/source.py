"""The read model that the pages are made from: opened when it is there, and again when it was replaced."""

import threading

from picustream.readmodel.database import Address
from picustream.readmodel.reading import ReadModel


class Source:
    """A read model by its address. It may not be there yet when the board is."""

    def __init__(self, where: Address) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._open: ReadModel | None = None

    def model(self) -> ReadModel:
        """It. NoStore."""
        with self._lock:
            if self._open is None:
                self._open = ReadModel.at(self._where)
            return self._open

    def lost(self) -> None:
        """It could not be read: open it anew the next time."""
        with self._lock:
            lost, self._open = self._open, None
        if lost is not None:
            lost.close()
