"""A corrected site while a gateway serves and a worker scores: nothing counts twice, and the score catches up."""

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from picustream.gateways.server.sink import TOPICS
from picustream.scoring.scores.mods.record import MODS
from tests.gateways import texts
from tests.integration.gateways import bench, command, event_ids, ran, ready, sender_to, serving
from tests.integration.workers import Bench, Worker, wait_for

__all__ = ["bench"]
pytestmark = pytest.mark.servers

SITE = """\
zone = "Asia/Shanghai"
key_file = "site.key"
[[unit]]
match = "PICU"
[[source]]
name = "lab"
kind = "laboratory"
application = "LAB"
{spellings}
[[source]]
name = "adt"
kind = "adt"
application = "ADT"
"""
CORRECTED = 'spellings = { "umol/L" = ["umol/litre"] }'
BILIRUBIN = texts.obx("14631-6^Bilirubin^LN", "120", "umol/litre", number=2)
DAY = "2026-02-28T00:00:00Z"


@pytest.fixture
def site(bench: Bench, tmp_path: Path) -> Path:
    command(bench, "key", str(tmp_path / "site.key"))
    made = tmp_path / "site.toml"
    made.write_text(SITE.format(spellings=""))
    bench.env["PICUSTREAM_GATEWAY_SITE"] = str(made)
    return made


def gateway_of(bench: Bench, site: Path) -> Worker:
    gateway = serving(bench, "--site", str(site))
    ready(gateway)
    return gateway


def scored(bench: Bench, name: str) -> bool:
    """Whether a score was made of an observation."""
    return any(name in record.value.decode() for record in bench.records([MODS]))


def of_bilirubin(bench: Bench) -> list[str]:
    bodies: list[Any] = [json.loads(record.value) for record in bench.records(TOPICS)]
    return [one["id"] for body in bodies for one in body.get("observations", []) if one["code"] == "14631-6"]


def test_a_letter_is_done_again_while_all_goes_on_and_the_score_catches_up(bench: Bench, site: Path) -> None:
    clock = {"clock_start": "2026-03-02T00:00:00+00:00", "clock_at": datetime.now(UTC).isoformat()}
    bench.worker("w0", command="picustream worker", **clock)
    gateway = gateway_of(bench, site)
    raws = [texts.admission(), texts.results(texts.obx(), BILIRUBIN, order="F1")]
    assert sender_to(gateway).send_all(raws) == ["AA", "AA"]
    before = event_ids(bench)
    assert len(before) == 2 and not of_bilirubin(bench)

    site.write_text(SITE.format(spellings=CORRECTED))
    refused = ran(bench, "letters", "resubmit", "--all", "--json")
    assert refused.returncode == 3 and "another configuration" in refused.stderr
    tried = json.loads(command(bench, "letters", "resubmit", "--all", "--dry-run", "--json"))
    assert (tried["before"], tried["after"]) == ({"unit-unknown": 1}, {})
    assert event_ids(bench) == before

    assert gateway.stop() == 0
    gateway = gateway_of(bench, site)
    others = sender_to(gateway)
    live = [texts.results(texts.obx(value=str(50 + one)), order=f"N{one}") for one in range(60)]
    sending = Thread(target=others.send_all, args=(live,))
    sending.start()
    done = ran(bench, "letters", "resubmit", "--all", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["after"] == {}
    sending.join(60)
    assert others.codes == ["AA"] * len(live)
    [bilirubin] = of_bilirubin(bench)
    after = event_ids(bench)
    assert set(before) < set(after) and set(after.values()) == {1}
    wait_for(lambda: scored(bench, bilirubin), "the score knows it")

    again = ran(bench, "replay", "--from", DAY, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["messages"] == len(raws) + len(live)
    assert event_ids(bench) == after
    assert json.loads(command(bench, "replay", "--from", DAY, "--everything", "--json"))["after"] == {}
    everything = event_ids(bench)
    assert set(everything) == set(after)
    old = [name for name, times in everything.items() if times == 1]
    assert len(old) == 1 and old[0] in before, "only what the better map makes otherwise is not sent again"
    assert gateway.stop() == 0
