"""A name in the group that outlives the process (static membership)."""

import tempfile
from pathlib import Path

import pytest

from picustream.runtime.settings import Settings
from picustream.streams.worker import instance_names


class TestInstanceNames:
    def test_each_worker_of_a_machine_has_a_name_of_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        first, second = instance_names.take(Settings()), instance_names.take(Settings())
        assert (first.number, second.number) == (0, 1)
        assert second.name == f"{first.name}-2"
        assert instance_names.take(Settings(group="another")).number == 0

    def test_a_name_that_is_set_is_the_name(self) -> None:
        assert instance_names.take(Settings(instance="ward-3")) == instance_names.InstanceName("ward-3", 0)
