"""ARDS onset and episodes (Berlin definition, JAMA 2012;307:2526; rules A2, A3).

Presumptive: imaging and oedema are unknown to the stream, so only the clinicians' assessment confirms or refutes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from picustream.models.fact import ArdsAssessed
from picustream.models.protocol import Protocol, hours
from picustream.scoring.clinical.pairing import Pair
from picustream.scoring.clinical.support import peep_in_force
from picustream.scoring.clinical.view import View

PRESUMPTIVE_ARDS = "presumptive-ards"


def is_candidate(view: View, pair: Pair) -> bool:
    """A2: P/F at most 200 under invasive ventilation with at least 5 cmH2O of PEEP in force."""
    apps = view.protocol.apps
    if not pair.invasive or pair.ratio > apps.onset_ratio_at_most:
        return False
    peep = peep_in_force(view, pair.at)
    return peep is not None and peep >= apps.onset_peep_at_least


@dataclass(frozen=True, slots=True)
class Ards:
    """What is known of ARDS in a stay."""

    status: Literal["presumptive", "confirmed", "refuted"]
    onsets: tuple[datetime, ...]
    """Of episode 1, 2, ... in time; empty with `confirmed` when the onset is unknown."""

    @property
    def onset(self) -> datetime | None:
        """Of episode 1."""
        return self.onsets[0] if self.onsets else None


def onsets_of(pairs: Iterable[tuple[Pair, bool]], protocol: Protocol) -> Iterator[datetime]:
    """A3: the onsets seen in (pair, is a candidate), in the order V1 of the PaO2s.

    A new episode starts at a candidate at least 24 h after the one before, with a pair above 200 in between.
    """
    apart = hours(protocol.apps.new_episode_after_hours)
    previous: datetime | None = None
    recovered = True
    for pair, candidate in pairs:
        if candidate:
            if recovered and (previous is None or pair.at - previous >= apart):
                yield pair.at
            previous, recovered = pair.at, False
        elif pair.ratio > protocol.apps.onset_ratio_at_most:
            recovered = True


def assessed(onsets: tuple[datetime, ...], verdict: ArdsAssessed | None) -> Ards | None:
    """A3: what the clinicians' verdict makes of the onsets; None while there is nothing to speak of."""
    if verdict is None:
        return Ards("presumptive", onsets) if onsets else None
    if verdict.result == "refuted":
        return Ards("refuted", ())
    if verdict.onset_at is None:
        return Ards("confirmed", onsets)
    others = tuple(onset for onset in onsets[1:] if onset > verdict.onset_at)
    return Ards("confirmed", (verdict.onset_at, *others))
