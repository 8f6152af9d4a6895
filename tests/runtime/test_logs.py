"""What is logged of others: once in a while, and without the text of an error (I10)."""

import logging

import pytest

from picustream.runtime import logs
from picustream.runtime.settings import Settings


def test_a_library_that_says_the_same_thing_again_and_again_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure(Settings())
        for node in range(50):
            logging.getLogger("aiokafka.client").error("Unable connect to node with id %s", node)
    finally:
        logging.getLogger().handlers[:] = before
    assert capsys.readouterr().err.count("Unable connect") == 1


class TestPrivacy:
    """No patient id in a log line above debug (I10)."""

    def test_an_exception_is_published_by_its_type_and_place(self) -> None:
        try:
            raise ValueError("S-32604416 died")
        except ValueError as error:
            fields = logs.place(error)
        assert fields["error"] == "ValueError"
        assert "S-32604416" not in str(fields)

    def test_a_librarys_exception_loses_its_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = logging.getLogger().handlers[:]
        try:
            logs.configure(Settings())
            try:
                raise ValueError("S-32604416 died")
            except ValueError:
                logging.getLogger("faust.somewhere").exception("agent failed")
        finally:
            logging.getLogger().handlers[:] = before
        line = capsys.readouterr().err
        assert "ValueError" in line
        assert "S-32604416" not in line

    def test_asyncio_reports_a_lost_exception_without_its_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = logging.getLogger().handlers[:]
        try:
            logs.configure(Settings())
            logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('S-32604416')")
        finally:
            logging.getLogger().handlers[:] = before
        line = capsys.readouterr().err
        assert "never retrieved" in line
        assert "S-32604416" not in line
