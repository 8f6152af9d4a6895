"""What of a stay is still to be looked at, where it is more than one piece of work."""

from dataclasses import dataclass, field
from datetime import date

from picustream.scoring.records.bodies import RecordKey


@dataclass(slots=True)
class Owed:
    """Days and records that a change or the time calls for. True while there is any.

    Lost with the memory, and made again by the look at everything that a stay begins with: what of it was published is
    recognised by its head.
    """

    withdrawn: set[RecordKey] = field(default_factory=set)
    """Records of a stay that has no admission (any more)."""
    mods: set[date] = field(default_factory=set)
    onsets: bool = False
    """Whether the gases, or the time, may have changed the ARDS episodes, or the APPS made of them."""
    breathing: set[date] = field(default_factory=set)
    """Days of which the gases or the pressures changed since the episodes were made out."""
    apps: set[date] = field(default_factory=set)
    """Daily ones."""
    episodes: set[int] = field(default_factory=set)
    """Numbers of those whose APPS is to be made."""
    outcomes: bool = False
    every_outcome: bool = False
    """Whether milestones that the protocol does not have (any more) are to be withdrawn, too."""

    @property
    def scores(self) -> bool:
        """Whether scores are owed, on which outcomes depend."""
        return bool(self.withdrawn or self.mods or self.onsets or self.apps or self.episodes)

    def __bool__(self) -> bool:
        return self.scores or self.outcomes
