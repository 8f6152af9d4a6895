"""`python -m tests.gateways.hl7.fuzz [--messages N] [--seed S]`: broken frames, by the million.

A stream of messages, most of them broken, arrives in packets of any size. Whatever comes: nothing raises, each good
message comes out as it went in, each OBX is a value or one of a refused message, each frame can be answered, and
memory stays as it is. Exit status 0 when all is well, 1 with the first finding.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from picustream.gateways.hl7.acknowledge import acknowledgement, wanted
from picustream.gateways.hl7.files import messages
from picustream.gateways.hl7.frames import Frame, Framer, framed
from picustream.gateways.hl7.message import CUT_OFF, header, read
from picustream.gateways.hl7.statements import statements
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Unreadable
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import PID, PV1, msh, obr, obx, pid, segment, spm, text

NOW = datetime(2025, 3, 3, 2, 21, tzinfo=UTC)
LARGEST = 2_000
ROUND = 200
"""Messages of one round: whatever is found is found again by the seed and the round alone."""
ZONES = [ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Paris"), None]
SOURCES = [
    Source(name="a", kind="laboratory", charset="8859/1", default_status="final"),
    Source(name="b", kind="monitor", sentinels=["-999"], observed_at=["obx14", "obr8", "obr7"], zone_of_msh7=True),
    Source(name="c", kind="adt", recorded_at="evn2", accept_training=True, production=False),
    Source(name="d", kind="ventilator", stable_ids=True),
]
PIECES = [
    b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"\r\n", b"|", b"^", b"~", b"\\", b"&", b'""', b"\xff", b"\x00",
    b"\x1b$B",
    b"MSH|", b"MSH|^~\\&|", b"PID|", b"OBX|", b"OBX", b"FHS|", b"\\X0D0A\\", b"\\F\\", b"\xef\xbb\xbf", b"\x81|",
    b"0" * 40,
    b"GB18030", b"UNICODE UTF-8", b"ISO IR87", b"20251026023000", b"1e9999", b"<", b"A40", b"^" * 50, b"x" * 300,
]  # fmt: skip


class Finding(Exception):
    """Something is not as it should be."""


def _good(rng: random.Random) -> bytes:
    """A whole message."""
    number = f"{rng.random()}"
    rows = [obx(str(rng.randint(0, 300)), f4=f"1.1.{n}", f14="20250303100000+0800") for n in range(rng.randint(0, 8))]
    named = rng.choice(["UNICODE UTF-8", "GB18030", "", "8859/1"])
    event = rng.choice(["A01", "A02", "A03", "A08", "A12", "A34", "A40"])
    whole = rng.choice(
        [
            text(msh(f10=number, f18=named), PID, PV1, obr(), *rows, spm("BLDA", "20250303")),
            text(msh(f10=number, f18=named), PV1, pid(f3=f"{number}^^^H^MR"), obr(f25="R"), *rows, "NTE|1||clotted"),
            text(msh(f"ADT^{event}", f10=number), segment("EVN", {2: "20250303"}), PID, "MRG|7^^^H^MR", PV1, *rows),
        ]
    )
    return whole.replace(b"\r", rng.choice([b"\r", b"\r\n", b"\n"]))


def _spoiled(rng: random.Random, raw: bytes) -> bytes:
    """The message with a few things done to it."""
    made = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(6):
            case 0:
                made[at:at] = rng.choice(PIECES)
            case 1:
                del made[at : at + rng.randint(1, 60)]
            case 2:
                made[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                made[at:at] = made[rng.randrange(len(made) + 1) :][: rng.randint(1, 200)]
            case 4:
                made[at:at] = rng.randbytes(rng.randint(1, 30))
            case _:
                for _ in range(20):
                    made[at:at] = rng.choice([b"OBX|1|NM|X||5\r", b"|", b"\r", b"^"])
    return bytes(made[: 3 * LARGEST])


@dataclass(slots=True)
class Account:
    """What came out."""

    seen: Counter[str] = field(default_factory=Counter)

    def check(self, frame: Frame, rng: random.Random) -> Iterator[bytes]:
        """Do with a frame what the gateway does with one; the messages that can be read."""
        self.seen[f"frame {frame.kind}"] += 1
        raw = CUT_OFF + frame.raw if frame.kind == "truncated" else frame.raw
        if frame.kind == "too-large":
            _answer(raw, rng)
            return
        for part in messages(raw):
            _answer(part, rng)
            source, zone = rng.choice(SOURCES), rng.choice(ZONES)
            try:
                message = read(part, source.charset)
            except Unreadable as unreadable:
                self.seen[f"refused {unreadable.fault.reason}"] += 1
                self.seen["values refused"] += unreadable.values
                continue
            found = statements(message, source, zone)
            values = [value for one in found for value in one.values]
            if not len(values) == len({one.path for one in values}) == _values(part, message.separators.field):
                raise Finding(f"{len(values)} values")
            wanted(message)
            self.seen["messages"] += 1
            self.seen["values"] += len(values)
            yield part


def _answer(raw: bytes, rng: random.Random) -> None:
    code = rng.choice(["AA", "AE", "AR", "CA"])
    answer = acknowledgement(raw, code, NOW, [Fault("training", "MSH-11", "no | production")])
    theirs = header(raw)
    mark = (theirs.separators.field if theirs else "|").encode()
    lines = answer.split(b"\r")
    begins = lines[0][:4] == b"MSH" + mark and lines[1].startswith(b"MSA" + mark + code.encode() + mark)
    if not begins or b"\n" in answer:
        raise Finding("an answer that cannot be read")


def _values(raw: bytes, mark: str) -> int:
    """How many lines are OBX segments, counted in the bytes."""
    named = rb"(?:\A|(?<=[\r\n]))[ \t]*OBX(?:" + re.escape(mark.encode()) + rb"|[\r\n]|\Z)"
    return len(re.findall(named, raw.rstrip(b"\0\x1a\x1c")))


def run(seed: int, first: int, last: int, account: Account) -> None:
    """Rounds of messages, from number `first` up to `last`; raises a `Finding`, or whatever the reader raises."""
    for number in range(first // ROUND, (last + ROUND - 1) // ROUND):
        try:
            _round(random.Random(f"{seed}/{number}"), account)
        except Exception as error:  # whatever it is, the round has to be named to be run again
            raise Finding(f"round {number} of seed {seed}: {error!r}") from error


def _round(rng: random.Random, account: Account) -> None:
    stream, good = bytearray(), []
    for _ in range(ROUND):
        raw = _good(rng)
        if rng.random() < 0.3:
            good.append(raw)
            stream += framed(raw)
        else:
            begin, end = rng.choice([b"\x0b"] * 3 + [b""]), rng.choice([b"\x1c\r", b"\x1c\r", b"\x1c", b""])
            stream += begin + _spoiled(rng, raw) + end
        stream += rng.choice([b"", b"", b"", b"\n", b"\0", rng.randbytes(5)])
    framer = Framer(LARGEST)
    passed = Counter(part for frame in _frames(framer, bytes(stream), rng) for part in account.check(frame, rng))
    if missing := Counter(good) - passed:
        raise Finding(f"{sum(missing.values())} good messages are missing")


def _frames(framer: Framer, stream: bytes, rng: random.Random) -> Iterator[Frame]:
    at = 0
    while at < len(stream):
        size = rng.choice([1, 2, 7, 100, 1500, 60_000])
        yield from framer.feed(stream[at : at + size])
        at += size
    yield from framer.end()


def _megabytes() -> float:
    """What the process takes now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.gateways.hl7.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0, help="begin with this message")
    options = parser.parse_args()
    account, step, started = Account(), 10 * ROUND, time.monotonic()
    run(options.seed, options.first, options.first + step, account)
    warm = _megabytes()
    for first in range(options.first + step, options.first + options.messages, step):
        try:
            run(options.seed, first, min(first + step, options.first + options.messages), account)
        except Finding as finding:
            print(finding)
            return 1
        if first % (25 * step) == 0:
            rate = (first - options.first) / (time.monotonic() - started)
            print(f"{first:>12,}, {rate:,.0f} messages/s, {_megabytes() - warm:+.1f} MB", file=sys.stderr, flush=True)
    for word, count in account.seen.most_common():
        print(f"{word:<28} {count:>12,}")
    print(f"{'MB more than at the start':<28} {_megabytes() - warm:>12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
