"""Bodies as no sender should send them: every value has one fate, no event is refused, and nobody is named."""

import gzip
import json

import pytest

from tests.gateways.converting import converted
from tests.gateways.fhir.mutations import SITES, mutated, tried, values_in
from tests.gateways.fhir.test_ward import PEOPLE, VALUES


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_every_value_of_a_broken_body_has_one_fate_and_nobody_is_named(first: int) -> None:
    for seed in range(first, first + 100):
        tried(seed)


def test_the_bodies_are_of_use() -> None:
    """Most are read and have values, and many make events."""
    found = [(converted([raw], site), count) for raw, site, count in map(mutated, range(100))]
    assert sum(count > 0 for _, count in found) > 60
    assert sum(bool(result.events) for result, _ in found) > 30
    assert len({reason for result, _ in found for reason in result.reasons}) > 10


def test_a_huge_panel_is_counted() -> None:
    body = {"resourceType": "Observation", "status": "final", "component": [{}] * 50_000}
    raw = gzip.compress(json.dumps(body).encode())
    result = converted([raw], SITES[0])
    assert result.tally.values["seen"] == result.tally.values["empty"] == values_in(body) == 50_000
    assert values_in([*PEOPLE, *VALUES]) == 7
