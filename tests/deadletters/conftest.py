"""A folder of dead letters."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from picustream.models.record import DEAD_LETTER
from tests.deadletters.refusals import event, refused
from tests.scoring.build import obs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A replay's dead letters: two with the same fault, one of another feed, one that had been sent again."""
    values = [
        *refused(event(), event(obs("platelets", 5, "K/uL"), obs("creatinine", 2, "micromol")), key=None),
        *refused(event(source="poct", observations=[obs("creatinine", 5000)])),
        *refused(b"{no json", again=True, latest=datetime(2025, 2, 1, tzinfo=UTC)),
    ]
    lines = [b'{"topic":"%s","value":%s}\n' % (DEAD_LETTER.encode(), value) for value in values]
    (tmp_path / f"{DEAD_LETTER}.ndjson").write_bytes(b"".join(lines))
    return tmp_path
