"""From the journal to Kafka to the index, and what is answered."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.server import pipeline
from tests.gateways.server.fakes import NOW, FakeInterpreter, Gateway, Topics, gateway, received


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_what_is_answered_is_in_kafka_in_order(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics) as one:
            outcomes = await one.give(b"event a b", b"letter x y", b"event c")
        assert [outcome.answer.code for outcome in outcomes] == ["AA"] * 3
        assert topics.ids == ["h-event a b/0", "h-event a b/1", "h-event c/0"]

    run(work())


def test_the_same_bytes_again_change_nothing_and_are_answered(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics) as one:
            outcomes = await one.give(b"event a", b"event a")
            outcomes += await one.give(b"event a")
            assert [outcome.state for outcome in outcomes] == ["done", "repeat", "repeat"]
            assert {outcome.answer.code for outcome in outcomes} == {"AA"}
        assert topics.ids == ["h-event a/0"]

    run(work())


def test_bytes_that_cannot_be_read_are_refused_three_times_and_then_kept_as_a_letter(tmp_path: Path) -> None:
    async def work() -> None:
        async with gateway(tmp_path, Topics()) as one:
            outcomes = await one.give(*[b"broken"] * 5)
            assert [outcome.answer.code for outcome in outcomes] == ["AE", "AE", "AE", "AA", "AA"]
            assert one.letters() == ["no-msh"]
            assert [outcome.answer.code for outcome in await one.give(b"stranger", b"stranger")] == ["AR", "AR"]

    run(work())


def test_what_waits_is_done_when_its_stay_is_known_and_a_letter_when_that_takes_too_long(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics) as one:
            outcomes = await one.give(b"wait k", b"wait m", b"wait n", at=NOW - timedelta(hours=20))
            assert {outcome.state for outcome in outcomes} == {"waiting"}
            await one.give(b"open k")
            await one.idle()
        assert topics.ids == ["h-open k/0", "h-wait k/0"]
        async with gateway(tmp_path, topics) as one:
            await one.give(b"open m")
            await one.idle()
        assert topics.ids[2:] == ["h-open m/0", "h-wait m/0"]
        async with gateway(tmp_path, topics, now=NOW + timedelta(hours=5)) as one:
            await one.idle()
            assert one.letters() == ["no-stay"]
            assert one.index.waiting == 0

    run(work())


def test_a_message_at_which_the_program_fails_is_a_letter_and_changes_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics) as one:
            await one.give(b"count", b"bug", b"count x")
            assert one.letters() == ["bug"]
        assert [event.value for event in topics.events] == [b"1", b"2"]

    run(work())


def test_while_kafka_is_away_nobody_is_answered_and_nothing_is_lost(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics(away=True)
        async with gateway(tmp_path, topics) as one:
            ticket = one.writer.append(received(b"event a"))
            while one.gate.is_open:
                await asyncio.sleep(0)
            assert not ticket.outcome.done()
            topics.away = False
            async with asyncio.timeout(10):
                assert (await ticket.outcome).answer.code == "AA"
        assert topics.ids == ["h-event a/0"]

    run(work())


def test_what_kafka_took_without_saying_so_is_not_sent_again(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics(swallows=True)
        async with gateway(tmp_path, topics) as one:
            tickets = [one.writer.append(received(raw)) for raw in (b"count", b"event a b", b"count x")]
            while len(topics.events) < 4:
                await asyncio.sleep(0)
            assert not any(ticket.outcome.done() for ticket in tickets)
        topics.swallows = False
        async with gateway(tmp_path, topics) as one:
            await one.idle()
            await one.give(b"count y")
        assert topics.ids == ["h-count/0", "h-event a b/0", "h-event a b/1", "h-count x/0", "h-count y/0"]
        assert [event.value for event in topics.events] == [b"1", b"a", b"b", b"3", b"4"]

    run(work())


def test_a_kafka_that_says_nothing_shuts_the_gate_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its producer is kept, and given up where that lasts; then nothing is taken before all that was left is there."""
    monkeypatch.setattr(pipeline, "TICK", 0.01)
    monkeypatch.setattr(pipeline, "SILENT", 0.05)

    async def work() -> None:
        topics = Topics(swallows=True)
        async with gateway(tmp_path, topics) as one:
            await one.idle()
            ticket = one.writer.append(received(b"event a"))
            await shut(one)
            assert one.pipeline.oldest_unsettled() == NOW
            assert len(topics.unsaid) == 1
            topics.speak()
            await one.gate.wait()
            assert (await ticket.outcome).answer.code == "AA"
            topics.swallows = True
            one.writer.append(received(b"event b"))
            await shut(one)
            monkeypatch.setattr(pipeline, "LOST", 0.1)
            monkeypatch.setattr(pipeline, "BACKOFF", (0.01,))
            topics.forgets = True
            while len(topics.events) < 4:
                await asyncio.sleep(0.01)
                assert not one.gate.is_open
            topics.swallows = topics.forgets = False
            await one.gate.wait()
            assert one.pipeline.oldest_unsettled() is None

    run(work())


async def shut(one: Gateway) -> None:
    async with asyncio.timeout(10):
        while one.gate.is_open:
            await asyncio.sleep(0.01)


def test_a_mended_configuration_does_again_what_came_before(tmp_path: Path) -> None:
    class Mended(FakeInterpreter):
        site = "site-2"

        def outcome(self, *given: Any, **options: Any) -> Any:
            outcome = super().outcome(*given, **options)
            if not given[0].raw.startswith(b"letter"):
                return outcome
            made = super().outcome(received(given[0].raw.replace(b"letter", b"event")))
            return replace(made, message=outcome.message)

    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics) as one:
            await one.give(b"letter x", b"event a")
            one.index.ask_again([1, 2], everything=False)
            await redone(one)
            assert one.letters() == ["x"]
        async with gateway(tmp_path, topics, make=Mended) as one:
            one.index.ask_again([1, 2], everything=False)
            await redone(one)
            assert topics.ids == ["h-event a/0", "h-event x/0"]
            assert one.letters() == []
            one.index.ask_again([2], everything=True)
            await redone(one)
            assert topics.ids == ["h-event a/0", "h-event x/0", "h-event a/0"]

    run(work())


RAWS = st.sampled_from([b"event a b", b"event c", b"count", b"count 2", b"wait k", b"open k", b"broken"])


@given(st.lists(RAWS, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_however_often_it_is_killed_all_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, raws: list[bytes], data: st.DataObject
) -> None:
    """The same as without any end, whatever was acknowledged, committed or half sent."""
    folder, whole = tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("whole")
    expected, topics = Topics(), Topics()

    async def undisturbed() -> None:
        async with gateway(whole, expected) as one:
            await one.give(*raws)
            await one.idle()

    async def killed() -> None:
        for raw in raws:
            topics.swallows = data.draw(st.booleans())
            async with gateway(folder, topics) as one:
                await one.writer.append(received(raw)).stored
                for _ in range(data.draw(st.integers(0, 12))):
                    await asyncio.sleep(0)
        topics.swallows = False
        async with gateway(folder, topics) as one:
            await one.idle()

    run(undisturbed())
    run(killed())
    assert sorted(topics.ids) == sorted(expected.ids)
    assert len(set(topics.ids)) == len(topics.ids)
    assert {(event.event_id, event.value) for event in topics.events} == {
        (event.event_id, event.value) for event in expected.events
    }


AHEAD = timedelta(hours=3)


@pytest.mark.parametrize("came", [-AHEAD, 0 * AHEAD, AHEAD])
@pytest.mark.parametrize("began", [-AHEAD, 0 * AHEAD])
def test_what_kafka_took_is_known_again_whatever_the_clock_did(
    tmp_path: Path, came: timedelta, began: timedelta
) -> None:
    """It was ahead or behind when the message came, or is behind at the next start."""

    async def work() -> None:
        topics = Topics(swallows=True)
        async with gateway(tmp_path, topics, now=NOW) as one:
            one.writer.append(received(b"event a", NOW + came))
            while not topics.events:
                await asyncio.sleep(0)
        topics.swallows = False
        async with gateway(tmp_path, topics, now=NOW + began) as one:
            await one.idle()
        assert topics.ids == ["h-event a/0"]

    run(work())


async def redone(one: Gateway) -> None:
    async with asyncio.timeout(10):
        while one.index.asked_again():
            await asyncio.sleep(0.01)
