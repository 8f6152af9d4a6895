"""The read model that this machine's settings name: whether it is whole, fresh and without holes."""

from datetime import datetime

from picustream.doctor.finding import Finding, ok
from picustream.runtime.clock import wall_clock
from picustream.runtime.errors import UserError
from picustream.runtime.places import default_store
from picustream.runtime.settings import Settings
from picustream.terminal.spans import span

CHECK = "store"


def check_read_model(settings: Settings, now: datetime | None = None) -> list[Finding]:
    """Nothing where none is set and none was made: not every machine has one."""
    if settings.store is None and not default_store().exists():
        return []
    from picustream.readmodel.database import named
    from picustream.readmodel.reading import ReadModel
    from picustream.readmodel.status import status_of

    try:
        found = status_of(ReadModel.at(named(settings)), now or wall_clock())
    except UserError as error:
        return [Finding(CHECK, "finding", error.message, error.hint)]
    if found.findings:
        fix = "picustream store status says more; docs/readmodel.md what it means."
        return [Finding(CHECK, "finding", " ".join(found.findings), fix)]
    age = span(found.age) if found.age is not None else "?"
    return [ok(CHECK, f"{found.store}, for {found.audience}: {found.bytes >> 20:,} MB, complete up to {age} ago")]
