"""For whom a read model is, and so what is in it: nobody's has what they may not know."""

from enum import StrEnum

from picustream.models.desk import DESK
from picustream.models.record import ALERT, DEAD_LETTER, DEAD_LETTER_TRIAL
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME


class Audience(StrEnum):
    """Whoever looks into a read model."""

    WARD = "ward"
    """Blind: no arm, no study day, no window, nothing that the trial office enters."""
    TRIAL_OFFICE = "trial-office"
    OPS = "ops"
    """Of patients nothing but what an alert says."""
    STATISTICIAN = "statistician"
    EVERYTHING = "everything"

    @property
    def topics(self) -> tuple[str, ...]:
        """What is followed for them; their user of Kafka needs the right Read on each."""
        return _TOPICS[self]


_SCORES = (MODS, APPS, STAY)
_STUDY = (ELIGIBILITY, OUTCOME)
_TOPICS = {
    Audience.WARD: _SCORES,
    Audience.TRIAL_OFFICE: (*_SCORES, *_STUDY, ALERT, DEAD_LETTER_TRIAL, DESK),
    Audience.OPS: (ALERT, DEAD_LETTER, DESK),
    Audience.STATISTICIAN: (*_SCORES, *_STUDY),
    Audience.EVERYTHING: (*_SCORES, *_STUDY, ALERT, DEAD_LETTER, DEAD_LETTER_TRIAL, DESK),
}
