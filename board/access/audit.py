"""Who saw which stay, and who did what: a line of JSON each, appended to a file, or to the log."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from picustream.board.access.roles import Visitor
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger

SAME_VIEW = 300.0
"""Seconds within which a page that renews itself, or is opened again, is one view."""
KNOWN = 10_000

log = logger("audit")


class Audit:
    """What is kept. A view that cannot be written down is not given: the caller lets the error go on."""

    def __init__(self, path: Path | None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._seconds = seconds
        self._views: OrderedDict[tuple[str, str], float] = OrderedDict()
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.open("a").close()
            except OSError as error:
                raise UserError(
                    f"PICUSTREAM_BOARD_AUDIT: {path} cannot be written ({error.strerror}).",
                    "Name a file that can be: who saw which stay is written there.",
                    ENVIRONMENT,
                ) from None

    def viewed(self, visitor: Visitor, subject: str) -> None:
        """Somebody is shown something of a patient; once while they look at it."""
        now, what = self._seconds(), (visitor.name, subject)
        if now - self._views.get(what, -SAME_VIEW) >= SAME_VIEW:
            self.did(visitor, "viewed", subject)
        self._views[what] = now
        self._views.move_to_end(what)
        while len(self._views) > KNOWN:
            self._views.popitem(last=False)

    def did(self, visitor: Visitor, act: str, subject: str = "") -> None:
        """Somebody did something."""
        self.happened(act, who=visitor.name, roles=sorted(visitor.roles), subject=subject)

    def happened(self, act: str, **fields: object) -> None:
        """Something of which nobody known is the doer: a log-in that failed."""
        if self._path is None:
            log.info(act, **fields)
            return
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "act": act, **fields}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
