"""The figures of docs/performance.md: between two comments a table, written anew from what was measured."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from bench.picture import svg
from bench.table import Table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
DRAWN = ("growth-", "held")
"""How the names of those tables begin of which there is a picture."""
_PLACE = re.compile(r"<!-- figures: ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)


def kept(file: Path) -> dict[str, Table]:
    """The tables of a file of figures, by name; none if there is no such file."""
    tables = [Table.of_json(one) for one in json.loads(file.read_text())] if file.exists() else []
    return {table.name: table for table in tables}


def keep(file: Path, tables: Iterable[Table]) -> None:
    """Write tables to a file of figures; what it has of others stays."""
    found = kept(file) | {table.name: table for table in tables}
    file.write_text(json.dumps([table.as_json() for table in found.values()], indent=1) + "\n")


def write(tables: dict[str, Table], page: Path = PAGE) -> None:
    """Write the tables that the page has a place for, and their pictures; a place without figures stays as it is."""

    def place(found: re.Match[str]) -> str:
        table = tables.get(found[1])
        if table is None:
            return found[0]
        picture = ""
        if table.name.startswith(DRAWN):
            (page.parent / "images" / f"{table.name}.svg").write_text(svg(table))
            picture = f"\n\n![{table.title}](images/{table.name}.svg)"
        return f"<!-- figures: {table.name} -->\n{table.markdown()}{picture}\n<!-- end -->"

    page.write_text(_PLACE.sub(place, page.read_text()))
