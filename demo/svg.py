"""A picture as SVG: rich's export, without the fonts that it would have the reader fetch from the network."""

import io
import re

from rich.console import Console, RenderableType

FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"


def svg(picture: RenderableType, width: int, height: int, title: str) -> str:
    """`picture` drawn on a terminal of `width` columns by `height` lines. The same picture gives the same bytes."""
    console = Console(
        record=True,
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        _environ={},
    )
    console.print(picture)
    drawn = console.export_svg(title=title, unique_id="picustream")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return re.sub(r"font-family: (Fira Code|arial)[^;]*;", f"font-family: {FONTS};", drawn)
