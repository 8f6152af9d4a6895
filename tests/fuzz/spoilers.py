"""How a message gets broken: on its value, on its text, on its bytes. Everything is a function of the random source."""

import copy
import random
import re
from collections.abc import Callable
from typing import Any

from picustream.models.event import INPUT_TOPICS, MAX_EVENT_BYTES
from tests.fuzz.palette import LITERALS, MARKS, NAMES, NUMBERS, TIMES, UNITS, WORDS
from tests.reference.written import Number, canonical

Body = dict[str, Any]
Step = str | int


def junk(rng: random.Random, depth: int = 3) -> Any:
    """Any JSON value."""
    kinds: list[Callable[[], Any]] = [
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: Number(rng.choice(NUMBERS)),
        lambda: Number(str(rng.randrange(-(10**6), 10**6))),
        lambda: rng.choice(WORDS),
        lambda: rng.choice(TIMES),
        lambda: "".join(chr(rng.choice([rng.randrange(1, 128), rng.randrange(1, 0x110000)])) for _ in range(5)),
    ]
    if depth:
        kinds += [
            lambda: [junk(rng, depth - 1) for _ in range(rng.randrange(4))],
            lambda: {rng.choice(NAMES + WORDS): junk(rng, depth - 1) for _ in range(rng.randrange(4))},
        ]
    return rng.choice(kinds)()


def places(value: Any) -> list[tuple[Any, Step]]:
    """Every place inside a JSON value: what holds it, and its name or number there."""
    inside: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, part in list(inside) for place in ((value, name), *places(part))]


# Of the value. -----------------------------------------------------------------------------------------------------


def _put(choose: Callable[[random.Random], Any]) -> Callable[[random.Random, Body], None]:
    def put(rng: random.Random, body: Body) -> None:
        holder, name = rng.choice(places(body))
        holder[name] = choose(rng)

    return put


def _take(rng: random.Random, body: Body) -> None:
    holder, name = rng.choice(places(body))
    del holder[name]


def _add(rng: random.Random, body: Body) -> None:
    holder = rng.choice([body, *(part for part in map(_part, places(body)) if isinstance(part, dict))])
    holder[rng.choice(NAMES)] = junk(rng)


def _part(place: tuple[Any, Step]) -> Any:
    holder, name = place
    return holder[name]


def _swap(rng: random.Random, body: Body) -> None:
    """Two values change places."""
    (one, name), (other, called) = rng.choice(places(body)), rng.choice(places(body))
    one[name], other[called] = copy.deepcopy(other[called]), copy.deepcopy(one[name])


def _retime(rng: random.Random, body: Body) -> None:
    times = [name for name in ("observed_at", "occurred_at", "recorded_at", "onset_at", "birth_date") if name in body]
    body[rng.choice([*times, "recorded_at"])] = rng.choice(TIMES)


def _restate(rng: random.Random, body: Body) -> None:
    """A status without the filing time that it needs, or one that says nothing."""
    holder = rng.choice([body, *_observations(body)])
    holder["status"] = rng.choice(["amended", "corrected", "cancelled", "entered-in-error", "registered", "unknown"])
    if rng.random() < 0.5:
        body.pop("recorded_at", None)


def _renumber(rng: random.Random, body: Body) -> None:
    for one in _observations(body):
        one["value"] = Number(rng.choice(NUMBERS))


def _reunit(rng: random.Random, body: Body) -> None:
    for one in _observations(body):
        if rng.random() < 0.5:
            one.pop("unit", None)
        else:
            one["unit"] = rng.choice(UNITS)


def _recount(rng: random.Random, body: Body) -> None:
    """No observation, one too many, or the same one twice."""
    said = _observations(body) or [{"code": "2160-0", "value": Number("60"), "unit": "umol/L"}]
    wanted = rng.choice([0, 0, 2, 2, 2, 2, 199, 200, 201])
    alike = rng.random() < 0.2
    body["observations"] = [
        one if alike else {**one, "id": f"o{number}"} for number, one in enumerate(said * wanted) if number < wanted
    ]


def _observations(body: Body) -> list[Body]:
    said = body.get("observations")
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _of_another_stay(rng: random.Random, body: Body) -> None:
    body["stay_id" if rng.random() < 0.5 else "patient_id"] = rng.choice(["S-other", *WORDS])


OF_VALUE: list[Callable[[random.Random, Body], None]] = [
    _put(junk), _put(junk), _put(lambda rng: rng.choice(WORDS)), _put(lambda rng: rng.choice(TIMES)),
    _put(lambda rng: Number(rng.choice(NUMBERS))), _put(lambda rng: None), _take, _take, _add, _swap, _retime, _restate,
    _renumber, _reunit, _recount, _of_another_stay,
]  # fmt: skip


# Of the text. ------------------------------------------------------------------------------------------------------


def _literal(rng: random.Random, text: str) -> str:
    """A number's place taken by something that only looks like one."""
    return _over(rng, text, ":", rng.choice(LITERALS + NUMBERS))


def _over(rng: random.Random, text: str, after: str, put: str) -> str:
    """Some text put over what follows a mark, up to the next comma or bracket."""
    marks = [place for place, letter in enumerate(text) if letter == after]
    if not marks:
        return text + put
    start = rng.choice(marks) + 1
    end = next((place for place in range(start, len(text)) if text[place] in ",}]"), len(text))
    return text[:start] + put + text[end:]


def _twice(rng: random.Random, text: str) -> str:
    """A field given twice, as it is or with another value."""
    repeated = rng.choice(['"stay_id":"S-twice"', '"value":1', '"status":"final"', '"event_id":"e1"'])
    opened = [place + 1 for place, letter in enumerate(text) if letter == "{"]
    place = rng.choice(opened or [0])
    return f"{text[:place]}{repeated},{repeated if rng.random() < 0.2 else ''}{text[place:]}"


def _nested(rng: random.Random, text: str) -> str:
    depth = rng.choice([10, 500, 990, 1010, 5000, 100_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    whole = opening * depth + "1" + closing * depth * (rng.random() < 0.7)
    return _over(rng, text, ":", whole) if rng.random() < 0.7 else whole


def _marked(rng: random.Random, text: str) -> str:
    """Commas, comments, quotes, escapes and brackets where they do not belong, and where they do."""
    mark = rng.choice(MARKS)
    place = rng.randrange(len(text) + 1)
    return text[:place] + mark + text[place:]


def _padded(rng: random.Random, text: str) -> str:
    """About 1 MiB, to the byte."""
    missing = MAX_EVENT_BYTES - len(text.encode(errors="surrogatepass")) + rng.choice([-1, 0, 1, 5000])
    return text + " " * missing if rng.random() < 0.5 else text[:-1] + " " * missing + text[-1:]


def _doubled(rng: random.Random, text: str) -> str:
    return text + rng.choice(["", " ", "\n", ","]) + text


OF_TEXT: list[Callable[[random.Random, str], str]] = [_literal, _literal, _twice, _nested, _marked, _marked, _doubled]


# Of the bytes. -----------------------------------------------------------------------------------------------------


def _flip(rng: random.Random, raw: bytes) -> bytes:
    flipped = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _write_over(rng: random.Random, raw: bytes) -> bytes:
    place = rng.randrange(len(raw))
    return raw[:place] + rng.choice([b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"9", b"-", b'"']) + raw[place + 1 :]


def _cut(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randrange(len(raw))] if rng.random() < 0.7 else raw[rng.randrange(len(raw)) :]


def _shuffle(rng: random.Random, raw: bytes) -> bytes:
    """A piece taken out, repeated or moved."""
    one, other = sorted((rng.randrange(len(raw)), rng.randrange(len(raw))))
    return rng.choice([raw[:one] + raw[other:], raw[:other] + raw[one:], raw[other:] + raw[one:other] + raw[:one]])


def _recoded(rng: random.Random, raw: bytes) -> bytes:
    text = raw.decode(errors="replace")
    return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7"]), "replace")


def _noise(rng: random.Random, raw: bytes) -> bytes:
    return rng.randbytes(rng.choice([0, 1, 2, 40, len(raw)]))


OF_BYTES: list[Callable[[random.Random, bytes], bytes]] = [
    _flip,
    _flip,
    _flip,
    _write_over,
    _cut,
    _shuffle,
    _recoded,
    _noise,
]


_HALVES = re.compile("[\ud800-\udfff]")


def _escaped(half: re.Match[str]) -> str:
    """Half a character as JSON can write it."""
    return f"\\u{ord(half[0]):04x}"


def spoiled(rng: random.Random, topic: str, sound: Body) -> tuple[str, bytes | None]:
    """A topic and a message made from a sound event: now and then as it is, mostly broken in one or two ways."""
    body = copy.deepcopy(sound)
    how = rng.random()
    if how > 0.999:
        return topic, None
    if 0.15 < how < 0.6:
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            if places(body):
                rng.choice(OF_VALUE)(rng, body)
    text = canonical(body)
    if 0.6 < how < 0.75:
        text = rng.choice(OF_TEXT)(rng, text)
    if 0.997 < how < 0.999:
        text = _padded(rng, text)
    raw = (_HALVES.sub(_escaped, text) if rng.random() < 0.5 else text).encode(errors="surrogatepass")
    if 0.75 < how < 0.97 and raw:
        raw = rng.choice(OF_BYTES)(rng, raw)
    return (rng.choice(INPUT_TOPICS) if 0.97 < how < 0.985 else topic), raw
