"""Where a user's files are, by the XDG base directory specification."""

import os
from pathlib import Path


def state_home() -> Path:
    """What should outlive a restart and is of this machine alone."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def default_store() -> Path:
    """The file of the read model where none is named."""
    return state_home() / "picustream" / "store.sqlite"


def cache_home() -> Path:
    """What can be fetched again."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def _xdg(variable: str, default: str) -> Path:
    # The XDG specification: a relative path in these variables is to be ignored.
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else Path.home() / default
