"""Tests side by side (`make test`): those with servers take turns at them, in two runs of about the same length."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each group has a Kafka and a Redis of its own; whatever needs none is done beside them."""
    for item in items:
        if item.path.name.startswith("test_worker"):
            item.add_marker(pytest.mark.xdist_group("workers"))
        elif {"integration", "chaos"} & set(item.path.parts):
            item.add_marker(pytest.mark.xdist_group("servers"))
