"""The read model for a command that could ask Kafka as well; without one, nothing is imported for it."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from picustream.runtime.places import default_store
from picustream.runtime.settings import Settings

if TYPE_CHECKING:
    from picustream.readmodel.answers import Answers


def fresh(settings: Settings, topics: Sequence[str] = ()) -> "Answers | None":
    """The read model, if it is fresh and has these topics. Which of the two is asked is said on standard error."""
    if settings.store is None and not default_store().exists():
        return None
    from picustream.readmodel.answers import look

    found = look(settings, topics)
    if isinstance(found, str):
        print(f"From Kafka: {found}", file=sys.stderr)
        return None
    print(f"From the read model, as of {found.known_until:%Y-%m-%d %H:%M:%S} UTC.", file=sys.stderr)
    return found
