"""The worker of a demo: its settings, and how its end is reported."""

from pathlib import Path

import pytest

from picustream.demo.process import ProcessEnded, environment
from picustream.demo.worker import Worker
from picustream.runtime.settings import Settings
from tests.demo.stubs import OPENS


def test_the_worker_is_given_our_settings_and_none_of_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo must never reach the Kafka that somebody works with."""
    monkeypatch.setenv("PICUSTREAM_KAFKA", "kafka.hospital.example:9092")
    monkeypatch.setenv("PICUSTREAM_KAFKA_SECURITY", "SSL")
    told = environment(Settings.model_construct(kafka="127.0.0.1:20001", clock_start=OPENS, clock_speed=2871.25))
    ours = {name: value for name, value in told.items() if name.startswith("PICUSTREAM_")}
    assert ours == {
        "PICUSTREAM_KAFKA": "127.0.0.1:20001",
        "PICUSTREAM_CLOCK_START": "2026-03-02T07:00:00+00:00",
        "PICUSTREAM_CLOCK_SPEED": "2871.25",
    }
    assert "PATH" in told


def test_a_worker_that_ends_is_reported_with_its_last_complaint_and_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = Worker(Settings.model_construct(redis="redis://127.0.0.1:1/0", http_port=1), tmp_path / "worker.log")
    worker.start()
    try:
        with pytest.raises(ProcessEnded, match=r"exit status 3.*Redis does not answer at 127\.0\.0\.1:1") as caught:
            worker.wait_until_ready()
    finally:
        worker.stop()
    assert caught.value.status == 3
    kept = Path(caught.value.hint.removeprefix("Its log: "))
    assert kept.parent == tmp_path
    assert "Redis does not answer" in kept.read_text()


def test_a_worker_that_was_killed_is_reported_by_the_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = Worker(Settings.model_construct(redis="redis://127.0.0.1:1/0", http_port=1), tmp_path / "worker.log")
    worker.start()
    assert worker._process is not None
    worker._process.kill()
    worker._process.wait()
    with pytest.raises(ProcessEnded, match="SIGKILL"):
        worker.check()
