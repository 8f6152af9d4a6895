"""The checks of doctor run without anybody's settings and without servers."""

import os

import pytest

NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings of whoever runs the tests nor servers."""
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PICUSTREAM_KAFKA", NOWHERE)
    monkeypatch.setenv("PICUSTREAM_REDIS", f"redis://ward:hunter2@{NOWHERE}/0")
