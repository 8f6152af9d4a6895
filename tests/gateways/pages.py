"""The tables of `docs/gateway.md`, from the data: `python -m tests.gateways.pages` writes them anew."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from picustream.gateways.letters import REASONS
from picustream.gateways.site.config import Acknowledgement, Authority, Identity, Methods, Site, Source, Units, Words
from picustream.gateways.site.presets import ALWAYS, names, never, preset
from picustream.models.variable import Variable
from tests.paths import DOCS

PAGE = DOCS / "gateway.md"
MDC = "urn:iso:std:iso:11073:10101"
_SYSTEMS = {MDC: "MDC", "http://loinc.org": "LOINC"}
_MODELS: dict[str, type[BaseModel]] = {
    "words": Words,
    "methods": Methods,
    "site": Site,
    "identity": Identity,
    "authority": Authority,
    "unit": Units,
    "source": Source,
    "acknowledgement": Acknowledgement,
}


def tables() -> dict[str, str]:
    """Each table by its name."""
    found = {name: _fields(model) for name, model in _MODELS.items()}
    found["letters"] = _table(("reason", "means", "do"), ((f"`{r}`", a.means, a.fix) for r, a in REASONS.items()))
    found["presets"] = _table(("preset", "for"), ((f"`{name}`", preset(name).about) for name in names()))
    found["codes"] = _codes()
    found["never"] = _table(
        ("system", "code", "is"), ((_SYSTEMS[system], f"`{code}`", why) for (system, code), why in never().items())
    )
    found["spellings"] = _spellings()
    return found


def _fields(model: type[BaseModel]) -> str:
    return _table(("field", "meaning", "default"), _rows(model))


def _rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        described = " ".join((field.description or "").split())
        yield f"`{field.alias or name}`", described.replace("None:", "without it:"), _default(field)


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, list) and isinstance(value[0], BaseModel):
        return "; ".join(
            ", ".join(f"{n} {v}" for n, v in one.model_dump(exclude_defaults=True).items()) for one in value
        )
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value.value if isinstance(value, Enum) else value}`"


def _codes() -> str:
    families = [name for name in names() if preset(name).codes]
    rows = []
    for variable in Variable:
        cells = [_cell(family, variable) for family in families]
        if any(cells):
            rows.append((f"`{variable.value}`", *cells))
    return _table(("variable", *(f"`{name}`" for name in families)), rows)


def _cell(family: str, variable: Variable) -> str:
    found = []
    for system, variables in preset(family).codes.items():
        said = preset(family).set_or_measured.get(system, [])
        codes = [f"{code}{' (1)' if code in said else ''}" for code in variables.get(variable, [])]
        found += [f"{'' if system == MDC else _SYSTEMS[system] + ' '}{code}" for code in codes]
    return ", ".join(found)


def _spellings() -> str:
    rows = []
    for name in [ALWAYS, *names()]:
        for unit, spellings in preset(name).spellings.items():
            label = "every source" if name == ALWAYS else f"`{name}`"
            rows.append((label, f"`{unit}`", ", ".join(f"`{one}`" for one in spellings)))
    return _table(("preset", "UCUM", "spellings"), rows)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def with_tables(page: str) -> str:
    """A page with its tables as they are."""
    made = tables()

    def table(found: re.Match[str]) -> str:
        return f"<!-- table {found[1]} -->\n\n{made.pop(found[1])}\n\n<!-- end -->"

    written = re.sub(r"<!-- table (\w+) -->.*?<!-- end -->", table, page, flags=re.DOTALL)
    if made:
        raise ValueError(f"the page has no place for {', '.join(made)}")
    return written


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
