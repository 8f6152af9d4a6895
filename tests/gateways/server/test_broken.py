"""Broken frames by the thousand over real connections: the server goes on, answers what it can, and does not grow."""

import asyncio
import os
import random
import resource
from pathlib import Path

from picustream.gateways.hl7.frames import Framer, framed
from picustream.gateways.server import metrics
from picustream.gateways.server.desk import Desk
from picustream.gateways.server.mllp import Limits, MllpServer
from picustream.gateways.server.translating import Translating
from picustream.gateways.site.load import demo
from picustream.gateways.state import State
from tests.gateways import texts
from tests.gateways.converting import rules
from tests.gateways.hl7 import fuzz
from tests.gateways.server.fakes import NOW, Topics, gateway
from tests.gateways.server.test_mllp import Sender

COUNT = int(os.environ.get("PICUSTREAM_TEST_FRAMES", "2000"))
"""Broken frames; a hundred times as many in the long form."""
ROUND = 100
GROWTH = 64
"""MB by which the process may grow from a tenth of them to the end."""


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stream(rng: random.Random) -> bytes:
    """Broken messages, with and without an end, and a good one."""
    broken = [fuzz._spoiled(rng, fuzz._good(rng)) for _ in range(ROUND)]
    return b"".join(rng.choice([framed(raw), b"\x0b" + raw, raw]) for raw in broken)


def test_broken_frames_end_nothing_and_memory_stays_as_it_is(tmp_path: Path) -> None:
    rng, held = random.Random(1), list[float]()
    bugs = metrics.bugs._value.get()

    async def one_round(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        data = stream(rng)
        for at in range(0, len(data), size := rng.randint(1, 5000)):
            writer.write(data[at : at + size])
        writer.write_eof()
        while await reader.read(1 << 16):
            pass
        writer.close()

    async def work() -> None:
        site = demo()
        async with gateway(tmp_path, Topics(), make=lambda state: Translating(site, rules(), state)) as one:
            refusal = Translating(site, rules(), State()).refusal
            server = MllpServer(Desk(one.writer, one.gate, refusal, lambda: NOW, 60), Limits(10, 60.0), None)
            port = await server.listen("127.0.0.1", 0)
            for number in range(COUNT // ROUND):
                await one_round(port)
                if number * 10 >= COUNT // ROUND:
                    held.append(megabytes())
            sender = Sender(*await asyncio.open_connection("127.0.0.1", port), Framer())
            sender.send(framed(texts.results(texts.obx())))
            assert await sender.answers(1) == ["AA R"]
            await server.stop()
            await one.idle()
            assert one.index.done == one.writer.last > COUNT // 3

    asyncio.run(work())
    assert metrics.bugs._value.get() == bugs
    assert held[-1] - held[0] < GROWTH
