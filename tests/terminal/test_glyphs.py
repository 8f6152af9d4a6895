"""Points as pictures of five characters."""

import pytest

from picustream.terminal import glyphs
from tests.demo.records import component


def test_the_four_bases_have_four_shapes_even_without_colour() -> None:
    shapes = [
        glyphs.organ(component("renal", basis=basis)).plain
        for basis in ("measured", "carried-forward", "assumed-normal", "assumed-normal-sedated")
    ]
    assert shapes == ["0····", "0‹‹‹‹", "?╌╌╌╌", "z╌╌╌╌"]


@pytest.mark.parametrize("points", range(5))
def test_points_are_a_digit_and_as_many_blocks(points: int) -> None:
    measured = glyphs.organ(component("renal", points)).plain
    carried = glyphs.organ(component("renal", points, "carried-forward")).plain
    assert measured == f"{points}{'█' * points}{'·' * (4 - points)}"
    assert carried == f"{points}{'▒' * points}{'‹' * (4 - points)}"
