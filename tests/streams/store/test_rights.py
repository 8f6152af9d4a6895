"""What the scripts send to Redis is tried at the start of a worker."""

import re
from importlib.resources import files

import pytest

from picustream.streams.store.redis_rights import COMMANDS

SCRIPTS = [one for one in files("picustream.streams.store").iterdir() if one.name.endswith(".lua")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_a_script_sends_no_command_that_is_not_tried(script: object) -> None:
    """A user whose rights were found whole would stand still at it."""
    tried = {command.split()[0] for commands in COMMANDS.values() for command in commands}
    text = script.read_text()  # type: ignore[attr-defined]
    sent = {*re.findall(r"redis\.call\('(\w+)'", text), *re.findall(r"\bwrite\('(\w+)'", text)}
    assert sent
    assert sent <= tried
