"""The clock of the ward, on the wall or compressed."""

from datetime import UTC, datetime, timedelta

import pytest

from picustream.runtime.clock import Clock
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings


class TestClock:
    WALL = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def test_it_is_the_wall_clock_unless_set(self) -> None:
        assert Clock(wall=lambda: self.WALL).now() == self.WALL

    def test_compressed_time_runs_faster_from_its_start(self) -> None:
        start = datetime(2025, 1, 1, tzinfo=UTC)
        clock = Clock(start, self.WALL - timedelta(seconds=10), 3600.0, lambda: self.WALL)
        assert clock.now() == start + timedelta(hours=10)

    @pytest.mark.parametrize(
        "half",
        [
            {"clock_start": "2025-01-01T00:00:00Z"},
            {"clock_start": "2025-01-01T00:00:00", "clock_at": "2025-01-01T00:00:00Z"},
        ],
    )
    def test_half_a_clock_is_refused(self, half: dict[str, str]) -> None:
        with pytest.raises(BadSettings):
            Clock.of(Settings(**half))
