"""The read model for a command that could ask Kafka as well; without one, nothing is imported for it."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from picustream.runtime.places import default_store
from picustream.runtime.settings import Settings

if TYPE_CHECKING:
    from picustream.readmodel.answers import Answers


def fresh(settings: Settings, topics: Sequence[str], *, some: bool = False) -> "Answers | None":
    """The read model, if it is fresh and has these topics, or `some` of them. Which of the two is asked is said on
    standard error."""
    if settings.store is None and not default_store().exists():
        return None
    from picustream.readmodel.answers import look

    found = look(settings, topics, some=some)
    if isinstance(found, str):
        print(f"From Kafka: {found}", file=sys.stderr)
        return None
    whose = "the ward's read model, without what the ward may not know" if found.is_of_ward else "the read model"
    print(f"From {whose}, as of {found.known_until:%Y-%m-%d %H:%M:%S} UTC.", file=sys.stderr)
    return found
