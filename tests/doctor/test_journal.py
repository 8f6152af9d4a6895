"""What doctor finds of the gateway's journal."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from picustream.doctor.journal import check_journal
from picustream.gateways.journal.index import Index
from picustream.gateways.journal.journal import Writer
from picustream.gateways.journal.received import Received
from picustream.runtime.settings import Settings


def stored(folder: Path, age: timedelta) -> None:
    """One message in the journal, of which the index knows nothing."""

    async def work() -> None:
        writer = Writer(folder, (), lambda *_: None)
        writer.open()
        task = asyncio.create_task(writer.run())
        await writer.append(Received(b"PID|1||4711", datetime.now(UTC) - age, "mllp")).stored
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()

    Index(folder).close()
    asyncio.run(work())


def test_a_message_that_is_not_done_is_a_finding(tmp_path: Path) -> None:
    settings = Settings(gateway_journal=tmp_path)
    assert check_journal(settings) == []
    stored(tmp_path, timedelta(seconds=5))
    assert [finding.level for finding in check_journal(settings)] == ["ok", "ok"]
    other = tmp_path / "other"
    stored(other, timedelta(hours=1))
    size, unanswered = check_journal(Settings(gateway_journal=other))
    assert (size.level, unanswered.level) == ("ok", "finding")
    assert "4711" not in size.message + unanswered.message


def test_a_journal_of_another_key_is_a_finding(tmp_path: Path) -> None:
    stored(tmp_path, timedelta(seconds=5))
    settings = Settings(gateway_journal=tmp_path, gateway_journal_key_file=tmp_path / "none")
    assert check_journal(settings)[1].level == "finding"
