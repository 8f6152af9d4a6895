"""Real messages through journal, pipeline and index: the same events and letters as from files, and nobody is named."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from picustream.gateways.hl7 import files
from picustream.gateways.journal.browse import Wanted, letters, messages
from picustream.gateways.journal.received import Received
from picustream.gateways.server.translating import Translating, known_by
from picustream.gateways.site.config import Acknowledgement, Site
from picustream.gateways.site.load import LoadedSite, demo
from picustream.gateways.state import State
from picustream.models.codemap import CodeMapFile
from picustream.scoring.rules import Rules
from tests.gateways import texts
from tests.gateways.converting import KEY, converted, rules
from tests.gateways.fhir.test_ward import PEOPLE, VALUES
from tests.gateways.fhir.test_ward import SITE as WARD
from tests.gateways.hl7.samples import FILES
from tests.gateways.server.fakes import NOW, Gateway, Topics, gateway, received


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def making(site: LoadedSite) -> Any:
    return lambda state: Translating(site, rules(), state)


def raws() -> list[bytes]:
    """Values before and after an admission, and all samples that there are."""
    early = [texts.results(texts.obx(value=str(50 + one)), order=f"E{one}") for one in range(4)]
    late = [
        texts.results(texts.obx(value="60"), texts.obx(unit="furlong", number=2), order=f"L{one}") for one in range(4)
    ]
    return [*early, texts.admission(), *late, *(raw for path in FILES for raw in files.messages(path.read_bytes()))]


def ids(events: Any) -> Counter[str]:
    return Counter(event.event_id for event in events)


def in_index(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("index.sqlite*"))


def test_what_came_over_a_port_makes_what_it_makes_in_a_file(tmp_path: Path) -> None:
    given = raws()
    expected = converted(given)

    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics, make=making(demo())) as one:
            await one.give(*given)
            await one.idle()
        async with gateway(tmp_path, topics, make=making(demo()), now=NOW + timedelta(hours=30)) as one:
            await one.idle()
            kept = Counter((letter.message, letter.reason) for letter in letters(one.index, Wanted()))
            assert one.index.waiting == 0
            fates = Counter[str]()
            for message in messages(one.index, Wanted()):
                fates.update(message.values)
        assert ids(topics.events) == ids(expected.events)
        assert {event.value for event in topics.events} == {event.value for event in expected.events}
        assert set(kept) == {(letter.message_id, letter.reason) for letter in expected.letters}
        assert fates["seen"] == fates["sent"] + fates["ignored"] + fates["empty"] + fates["letters"]

    run(work())


def test_nobody_is_named_but_in_the_journal(tmp_path: Path) -> None:
    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics, make=making(demo())) as one:
            await one.give(*raws()[:9], texts.message("MSH|broken", texts.pid()), texts.pid().encode())
            await one.idle()
            said = [json.dumps(letter.as_json()) for letter in letters(one.index, Wanted())]
            said += [json.dumps(message.as_json()) for message in messages(one.index, Wanted())]
            index = in_index(tmp_path)
        said += [event.value.decode() + event.key for event in topics.events]
        journal = b"".join(path.read_bytes() for path in tmp_path.glob("*.journal"))
        for canary in texts.CANARIES:
            assert canary.encode() in journal
            assert canary not in "\n".join(said)
            assert canary.encode() not in index

    run(work())


def site(**more: Any) -> LoadedSite:
    source = {"name": "lab", "kind": "laboratory", "application": "LAB", **more.pop("source", {})}
    adt = {"name": "adt", "kind": "adt", "application": "ADT"}
    fields = {"unit": demo().site.unit, "zone": "Asia/Shanghai", "source": [source, adt]}
    return LoadedSite(Site.model_validate(fields | more), KEY)


def test_a_corrected_map_sends_what_was_a_letter_and_nothing_twice(tmp_path: Path) -> None:
    result = texts.results(texts.obx(), texts.obx("14631-6^Bilirubin^LN", "20", "umol per litre", number=2))
    mended = site(source={"spellings": {"umol/L": ["umol per litre"]}})

    async def work() -> None:
        topics = Topics()
        async with gateway(tmp_path, topics, make=making(site())) as one:
            await one.give(texts.admission(), result)
            assert one.letters() == ["unit-unknown"]
        before = len(topics.events)
        async with gateway(tmp_path, topics, make=making(mended)) as one:
            one.index.ask_again([1, 2], everything=False)
            await one.idle()
            assert one.letters() == []
        bodies = [json.loads(event.value) for event in topics.events]
        sent = {one["id"]: one["value"] for body in bodies for one in body.get("observations", ())}
        assert sorted(map(str, sent.values())) == ["20", "54"]
        assert len(topics.events) == before + 1
        assert max(ids(topics.events).values()) == 1

    run(work())


@pytest.mark.parametrize("restarts", [False, True])
def test_a_visit_that_comes_before_its_place_is_a_stay_once_the_place_comes(tmp_path: Path, restarts: bool) -> None:
    away = {"resourceType": "Location", "id": "bed-4", "name": "Surgery"}
    messages = [VALUES[0], *PEOPLE[::-1]]
    raws = [json.dumps(one).encode() for one in messages]

    async def work() -> None:
        topics = Topics()
        for some in [[raw] for raw in raws] if restarts else [raws]:
            async with gateway(tmp_path, topics, make=making(WARD)) as one:
                states = [outcome.state for outcome in await one.give(*some)]
                assert restarts or states == ["waiting", "waiting", "done", "done", "done", "done", "done"]
                await one.idle()
                waiting, letters = one.index.waiting, one.letters()
        assert (waiting, letters) == (0, [])
        bodies = [json.loads(event.value) for event in topics.events]
        assert [body.get("unit", "value") for body in bodies] == ["PICU", "value"]
        async with gateway(tmp_path, topics, make=making(WARD)) as one:
            await one.give(json.dumps(away).encode())
            await one.idle()
        assert len(topics.events) == 2, "what was known is not opened again"

    run(work())


async def answered(one: Gateway, raw: bytes) -> str:
    return (await one.give(raw))[0].answer.code


@pytest.mark.parametrize(
    ("rules_of_answers", "raw", "code"),
    [
        ({}, texts.results(texts.obx(unit="furlong")), "AA"),
        ({"ae_on": ["unit-unknown"]}, texts.results(texts.obx(unit="furlong")), "AE"),
        ({}, texts.message(texts.header("MDM^T02")), "AA"),
        ({"unused": "AR"}, texts.message(texts.header("MDM^T02")), "AR"),
        ({}, texts.results(texts.obx()).replace(b"|R|P|2.5", b"|R|T|2.5"), "AR"),
        ({"training": "AA"}, texts.results(texts.obx()).replace(b"|R|P|2.5", b"|R|T|2.5"), "AA"),
        ({}, texts.message(texts.header("ORU^R01", sender="STRANGER")), "AR"),
        ({}, b"PID|1", "AR"),
    ],
)
def test_the_answer_is_what_the_site_says(tmp_path: Path, rules_of_answers: Any, raw: bytes, code: str) -> None:
    async def work() -> None:
        given = site(acknowledgement=Acknowledgement(**rules_of_answers))
        async with gateway(tmp_path, Topics(), make=making(given)) as one:
            await one.give(texts.admission())
            assert await answered(one, raw) == code
            assert await answered(one, raw) == code

    run(work())


def test_a_frame_without_an_end_is_refused_and_then_kept_as_a_letter(tmp_path: Path) -> None:
    async def work() -> None:
        async with gateway(tmp_path, Topics(), make=making(demo())) as one:
            cut = Received(texts.results(texts.obx())[:-9], NOW, "mllp", cut_off=True)
            tickets = [one.writer.append(cut) for _ in range(4)]
            assert [(await ticket.outcome).answer.code for ticket in tickets] == ["AE", "AE", "AE", "AA"]
            assert one.letters() == ["truncated-frame"]

    run(work())


def test_a_stranger_and_bytes_that_are_no_message_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    one = Translating(site(), rules(), State())
    assert one.refusal(received(texts.results(texts.obx()))) is None
    stranger = one.refusal(received(texts.message(texts.header("ORU^R01", sender="STRANGER"))))
    assert stranger is not None
    assert stranger.code == "AR"
    broken = Translating(demo(), rules(), State()).refusal(received(b"PID|1"))
    assert broken is not None
    assert broken.code == "AE"


def test_another_configuration_is_known_for_another_one() -> None:
    assert known_by(site(), rules()) == known_by(site(), rules())
    assert known_by(site(), rules()) != known_by(site(source={"zone": "Europe/Zurich"}), rules())
    assert known_by(site(), rules()) != known_by(LoadedSite(site().site, KEY + b"2"), rules())
    given = rules()
    more = CodeMapFile.model_validate({"codes": {"L": {"platelets": ["PLT"]}}})
    assert known_by(site(), given) != known_by(site(), Rules(given.protocol, given.codemap.with_more([more])))


@pytest.mark.parametrize("word", ["T", "D", "X"])
@pytest.mark.parametrize("training", ["AR", "AA"])
def test_what_is_no_production_is_refused_before_anything_is_made_or_not_at_all(word: str, training: str) -> None:
    one = Translating(site(acknowledgement=Acknowledgement(training=training)), rules(), State())
    raw = texts.results(texts.obx()).replace(b"|R|P|2.5", f"|R|{word}|2.5".encode())
    answer = one.refusal(received(raw))
    assert (answer.code if answer else "AA") == training
    accepting = Translating(demo(), rules(), State())
    assert accepting.refusal(received(raw.replace(b"|X|", b"|T|"))) is None


@pytest.mark.parametrize("known", [True, False], ids=["known", "stranger"])
@pytest.mark.parametrize("field", range(3, 12))
def test_what_the_header_says_of_a_patient_is_kept_nowhere(field: int, known: bool) -> None:
    fields = texts.header("ORU^R01").split("|")
    fields[field - 1] = texts.NUMBER if field != 9 else f"ORU^{texts.NAME}"
    raw = texts.message("|".join(fields), texts.pid(), texts.obx())
    found = Translating(demo() if known else site(), rules(), State()).outcome(received(raw))
    kept = f"{found.kind} {found.source} {[letter.as_json() for letter in found.letters]}".upper()
    assert not any(canary in kept for canary in texts.CANARIES)
