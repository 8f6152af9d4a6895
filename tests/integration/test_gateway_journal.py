"""What a gateway does with a journal that is in use, damaged, cut off or of another key: words and exit status."""

import secrets
from collections import Counter
from pathlib import Path

import pytest

from picustream.gateways.journal import segment
from tests.gateways.server.fakes import message
from tests.integration.gateways import bench, ready, sender_to, toy, values
from tests.integration.workers import Bench, Worker

__all__ = ["bench"]
pytestmark = pytest.mark.servers
ENVIRONMENT = 3


def folder(bench: Bench) -> Path:
    return Path(bench.env["PICUSTREAM_GATEWAY_JOURNAL"])


def sent(gateway: Worker, *words: str) -> None:
    assert sender_to(gateway).send_all([message(f"event {word}") for word in words]) == ["AA"] * len(words)


def refused(gateway: Worker) -> str:
    """What it says as it ends."""
    assert gateway.end() == ENVIRONMENT, gateway.log.read_text()
    said = gateway.log.read_text()
    assert "Traceback" not in said and len(said.splitlines()) <= 3, said
    return said


def spoil(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_second_gateway_on_one_journal_is_refused_and_the_first_works_on(bench: Bench) -> None:
    first = toy(bench)
    sent(first, "a")
    said = refused(toy(bench))
    assert "A gateway is at work on the journal" in said and str(folder(bench)) in said
    sent(first, "b")
    assert first.stop() == 0
    assert values(bench) == Counter("ab")


def test_a_journal_needs_the_key_that_encrypted_it(bench: Bench, tmp_path: Path) -> None:
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    keys = tmp_path / "keys"

    def having(*lines: str) -> Worker:
        keys.write_text("\n".join(lines))
        keys.chmod(0o600)
        return toy(bench, gateway_journal_key_file=str(keys))

    first = having(old)
    sent(first, "secret")
    first.kill()
    assert not any(b"secret" in path.read_bytes() for path in folder(bench).glob("*.journal"))
    for wrong in (lambda: having(new), lambda: toy(bench)):
        said = refused(wrong())
        assert "was encrypted with the key" in said and "PICUSTREAM_GATEWAY_JOURNAL_KEY_FILE" in said
        assert old not in said and new not in said
    both = having(new, old)
    sent(both, "next")
    assert both.stop() == 0
    assert values(bench) == Counter(["secret", "next"])


def test_what_was_being_written_is_cut_off_and_what_was_answered_for_must_be_there(bench: Bench) -> None:
    gateway = toy(bench)
    sent(gateway, "a", "b", "c")
    gateway.kill()
    [file] = segment.files(folder(bench))
    whole = file.read_bytes()
    file.write_bytes(whole + whole[segment.HEAD : segment.HEAD + 60])
    again = toy(bench)
    ready(again)
    assert again.logged("journal-cut")
    sent(again, "d")
    again.kill()
    assert [path.suffix for path in folder(bench).glob("*.cut")] == [".cut"]

    newest = segment.files(folder(bench))[-1]
    spoil(newest, -1)
    said = refused(toy(bench))
    assert f"damaged: {newest} at byte" in said
    source, target = said.partition(": mv ")[2].split()
    Path(source).rename(target)
    last = toy(bench)
    sent(last, "e")
    assert last.stop() == 0
    assert values(bench) == Counter("abcde")


def test_an_index_that_is_none_is_named_and_can_be_moved_away(bench: Bench) -> None:
    gateway = toy(bench)
    sent(gateway, "a", "b")
    gateway.kill()
    for path in folder(bench).glob("index.sqlite*"):
        path.unlink()
    index = folder(bench) / "index.sqlite"
    index.write_bytes(b"no index at all " * 1000)
    said = refused(toy(bench))
    assert str(index) in said and "away" in said
    index.unlink()
    again = toy(bench)
    sent(again, "c")
    assert again.stop() == 0
    assert values(bench) == Counter("abc")
