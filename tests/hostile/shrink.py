"""From a run that fails to the few records that make it fail: halves, and halves of halves."""

from collections.abc import Callable, Sequence

from tests.hostile.records import Sending

Hostile = tuple[tuple[float, Sending], ...]
Fails = Callable[[Hostile], bool]


def shrunk(hostile: Sequence[tuple[float, Sending]], fails: Fails, tries: int = 100) -> Hostile:
    """The fewest sendings that still fail, as far as `tries` runs can show (ddmin); then fewer records of each.

    `hostile` must fail.
    """
    left = tries

    def tried(some: Hostile) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(some)

    found, parts = tuple(hostile), 2
    while len(found) > 1 and left > 0:
        size = -(-len(found) // parts)
        pieces = [found[at : at + size] for at in range(0, len(found), size)]
        rest = [found[:at] + found[at + size :] for at in range(0, len(found), size)]
        smaller = next((one for one in [*pieces, *(rest if parts > 2 else [])] if tried(one)), None)
        if smaller is not None:
            parts = 2 if smaller in pieces else max(parts - 1, 2)
            found = smaller
        elif parts >= len(found):
            break
        else:
            parts = min(parts * 2, len(found))
    return _fewer_records(found, tried)


def _fewer_records(found: Hostile, tried: Fails) -> Hostile:
    """Each sending of many records with one of them alone, where that still fails."""
    for place, (share, sending) in enumerate(found):
        if len(sending.records) > 1:
            for record in sending.records:
                fewer = Sending((record,), sending.codec, sending.bend, sending.end, sending.held)
                smaller = (*found[:place], (share, fewer), *found[place + 1 :])
                if tried(smaller):
                    found = smaller
                    break
    return found
