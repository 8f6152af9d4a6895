"""Which dead letters `resubmit --all` leaves alone, unless somebody names them."""

import sys
from collections.abc import Collection
from typing import Literal

from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.deadletters.history import History

Skip = Literal["sent-again", "superseded", "overtaken", "in-the-future"]
SKIPS: dict[Skip, str] = {
    "sent-again": "sent again already (--again sends them once more)",
    "superseded": "about the same event and fault as a newer one, which counts for them",
    "overtaken": "whose feed has sent the event since, and that one is used (name the id to send the refused one all "
    "the same)",
    "in-the-future": "in-the-future: a clock was wrong (only with --reason in-the-future, or by id)",
}
"""In a person's words."""
IN_THE_FUTURE: Skip = "in-the-future"
WRONG_CLOCK = (
    "An event that was in-the-future still has the time of its wrong clock; that this time is no longer ahead "
    "does not make it right. If its feed has sent it correctly under another event_id, both count, and the later "
    "recorded_at wins. Look at it first: picustream deadletters show ID."
)


class Choice:
    """What to skip: dead letters that are done with, and those whose event may be wrong still."""

    def __init__(self, history: History, again: bool = False, wrong_clocks: bool = False) -> None:
        """`again`: also what was sent again; `wrong_clocks`: also what was in the future."""
        self._history = history
        self._again = again
        self._wrong_clocks = wrong_clocks

    def __call__(self, dead_letter: DecodedDeadLetter) -> Skip | None:
        """Why the dead letter is skipped, None if it is not."""
        state = self._history.state(dead_letter)
        if state == "superseded" or state == "overtaken" or (state == "sent-again" and not self._again):
            return state
        if dead_letter.record.reason == IN_THE_FUTURE and not self._wrong_clocks:
            return IN_THE_FUTURE
        return None


class NamedIds:
    """Dead letters named by their ids: of these none is skipped, and the ids that there are not are left over."""

    def __init__(self, ids: Collection[str]) -> None:
        self.missing = set(ids)
        self._warned = False

    def __contains__(self, dead_letter: DecodedDeadLetter) -> bool:
        if dead_letter.record.event_id not in self.missing:
            return False
        self.missing.discard(dead_letter.record.event_id)
        if dead_letter.record.reason == IN_THE_FUTURE and not self._warned:
            self._warned = True
            warn()
        return True


def warn() -> None:
    """Say what it means to send what was in the future."""
    print(f"picustream: {WRONG_CLOCK}", file=sys.stderr)
