"""How many messages a second the gateway takes over MLLP: journal, translation, Kafka and acknowledgement, all on."""

import asyncio
import time
from collections.abc import Generator, Sequence

from bench.ground import Ground, ground
from bench.plan import Plan
from bench.processes import Failed, python
from bench.table import Column, Table
from picustream.gateways.hl7.frames import Framer, framed

ONE, WINDOW, SIXTEEN = "1 connection, each answer awaited", "1 connection, 32 under way", "16 connections, each awaited"
COLUMNS = [Column("messages/s"), Column("ms at the median", 1), Column("processor ms", 2), Column("MB")]
NOTE = (
    "A message has six results of a laboratory for one patient. `processor ms` is the gateway's alone, for each"
    " message and without its start; the rest of the time is the disk's, Kafka's and the sender's."
)
CODES = ("14682-9", "14631-6", "777-3", "2345-7", "2951-2", "1988-5")
PATIENTS = 50


def tables(plan: Plan) -> Generator[Table]:
    """A table of senders that wait for each answer, and of one that does not."""
    messages = plan.sizes.messages
    table = Table("gateway", f"{messages:,} messages over MLLP", COLUMNS, "messages/s", ONE, NOTE)
    with ground(plan) as servers:
        for number in plan.each_round():
            servers.made_anew(4)
            start = _round(servers, f"{number}-start", 0, 1, 1)["processor s"]
            for row, connections, window in ((ONE, 1, 1), (WINDOW, 1, 32), (SIXTEEN, 16, 1)):
                servers.made_anew(4)
                found = _round(servers, f"{number}-{connections}-{window}", messages, connections, window)
                found["processor ms"] = (found.pop("processor s") - start) / messages * 1000
                table.add(row, found)
    yield table


def _round(servers: Ground, name: str, count: int, connections: int, window: int) -> dict[str, float]:
    more = {
        "GATEWAY_JOURNAL": str(servers.folder / f"journal-{name}"),
        "GATEWAY_MLLP_PORT": "0",
        "GATEWAY_FHIR_PORT": "0",
    }
    command = python("-m", "picustream", "gateway", "serve", "--demo")
    child = servers.child(*command, group=name, **more)
    port = child.line("ready")["mllp_ports"][0]
    asyncio.run(_send(port, [admission(one) for one in range(PATIENTS)], 1, 1))
    started = time.monotonic()
    taken = asyncio.run(_send(port, [results(number) for number in range(count)], connections, window))
    wall = time.monotonic() - started
    used = child.stop()
    middle = sorted(taken)[len(taken) // 2] * 1000 if taken else 0.0
    rate = count / wall
    return {"messages/s": rate, "ms at the median": middle, "processor s": used.processor, "MB": used.memory}


async def _send(port: int, messages: Sequence[bytes], connections: int, window: int) -> list[float]:
    """Send over connections; how long each answer took. Raises `Failed` where one is no AA."""
    parts = [messages[number::connections] for number in range(connections)]
    found = await asyncio.gather(*(_connection(port, part, window) for part in parts))
    return [seconds for part in found for seconds in part]


async def _connection(port: int, messages: Sequence[bytes], window: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    framer, sent, taken = Framer(), list[float](), list[float]()
    while len(taken) < len(messages):
        while len(sent) < len(messages) and len(sent) - len(taken) < window:
            sent.append(time.monotonic())
            writer.write(framed(messages[len(sent) - 1]))
        data = await reader.read(1 << 16)
        for frame in framer.feed(data):
            if b"\rMSA|AA|" not in frame.raw:
                raise Failed(f"the gateway did not answer AA: {frame.raw[:200]!r}")
            taken.append(time.monotonic() - sent[len(taken)])
        if not data:
            raise Failed("the gateway closed the connection")
    writer.close()
    return taken


def admission(patient: int) -> bytes:
    """The admission of a patient."""
    at = "20260301080000+0800"
    return _message("ADT^A01", f"A{patient}", f"EVN|A01|{at}", _pid(patient), _pv1(patient))


def results(number: int) -> bytes:
    """Six results of one of the patients."""
    patient, minute = number % PATIENTS, number // PATIENTS
    at = f"202603{1 + minute // 1440:02}{minute // 60 % 24:02}{minute % 60:02}00+0800"
    obr = f"OBR|1||F{number}|24323-8^panel^LN|||{at}{'|' * 15}{at}"
    obx = [
        f"OBX|{place}|NM|{code}^result^LN||{40 + (number + place) % 20}|{unit}|||||F"
        for place, (code, unit) in enumerate(zip(CODES, UNITS, strict=True), 1)
    ]
    return _message("ORU^R01", f"R{number}", _pid(patient), _pv1(patient), obr, *obx)


UNITS = ("umol/L", "umol/L", "10*9/L", "mmol/L", "mmol/L", "mg/L")


def _message(kind: str, control: str, *segments: str) -> bytes:
    header = f"MSH|^~\\&|LAB|CH|||20260401093000+0800||{kind}|{control}|P|2.5"
    return "\r".join([header, *segments, ""]).encode()


def _pid(patient: int) -> str:
    return f"PID|1||{4700 + patient}^^^CH^MR||NAME^NAME||20200115|F"


def _pv1(patient: int) -> str:
    return f"PV1|1|I|PICU^1^{patient}{'|' * 16}V{patient}^^^CH^VN"
