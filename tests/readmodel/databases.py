"""Both databases: a file, and a schema of its own in one PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from picustream.readmodel.database import Address, address
from tests.readmodel.postgres import HERE, MISSING, postgres

_schemas = count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL, for all tests of a process."""
    if HERE is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        with postgres(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Where a read model may be made."""
    if request.param == "sqlite":
        return address(str(tmp_path / "store.sqlite"))
    return address(f"{request.getfixturevalue('postgres_url')}&schema=s{next(_schemas)}")
