"""picustream: explained trial endpoints from the live event streams of a paediatric intensive care unit.

Most use it by its command, `picustream`; from Python, `replay` scores a history, by the rules of `load_rules`
(docs/python.md). What is named here is imported when it is first asked for, so the command starts as fast as before.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from picustream.eventfiles.files import read_events
    from picustream.eventfiles.replay import NotAnInput, replay
    from picustream.runtime.errors import UserError
    from picustream.scoring.rules import Rules, RulesError, load_rules

__version__ = "0.1.0"
__all__ = ["NotAnInput", "Rules", "RulesError", "UserError", "__version__", "load_rules", "read_events", "replay"]

_MODULES = {
    "NotAnInput": "eventfiles.replay",
    "Rules": "scoring.rules",
    "RulesError": "scoring.rules",
    "UserError": "runtime.errors",
    "load_rules": "scoring.rules",
    "read_events": "eventfiles.files",
    "replay": "eventfiles.replay",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"picustream.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
