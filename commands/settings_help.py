"""The settings as lines for `picustream --help`, made from the class that reads them."""

from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from picustream.runtime.settings import CONFIG, Settings


def lines() -> Iterator[str]:
    """One line per environment variable: name, meaning, choices, default."""
    texts = {f"PICUSTREAM_{name.upper()}": _text(name) for name in Settings.model_fields}
    texts[CONFIG] = "TOML file with any of these in lower case and without PICUSTREAM_; the environment wins"
    width = max(map(len, texts))
    for variable, text in texts.items():
        yield f"{variable:{width}}  {text}"


def _text(name: str) -> str:
    field = Settings.model_fields[name]
    choices = ""
    if get_origin(field.annotation) is Literal:
        choices = f" ({', '.join(map(str, get_args(field.annotation)))})"
    default = "" if field.default is None else f" [{field.default}]"
    return f"{field.description}{choices}{default}"
