"""Log-ins that fail: whoever goes on trying waits longer each time."""

from collections import OrderedDict
from dataclasses import dataclass

FREE = 3
"""Failures in a row after which waiting begins."""
LONGEST = 900.0
"""Seconds."""
KNOWN = 10_000
"""Names that are remembered; the one that failed least recently is forgotten first."""


@dataclass(slots=True)
class _Failures:
    count: int
    until: float


class Throttle:
    """By whatever names an attempt: the account it is for, the address it came from. Seconds are of one clock."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, names: tuple[str, ...], now: float) -> float:
        """Seconds until any of these may try again; 0: at once."""
        known = (self._failed[name] for name in names if name in self._failed)
        return max((failures.until - now for failures in known if failures.until > now), default=0.0)

    def failed(self, names: tuple[str, ...], now: float) -> None:
        """An attempt has failed: 1, 2, 4, ... seconds from the third on, a quarter of an hour at most."""
        for name in names:
            count = self._failed[name].count + 1 if name in self._failed else 1
            pause = min(2.0 ** min(count - FREE, 20), LONGEST) if count >= FREE else 0.0
            self._failed[name] = _Failures(count, now + pause)
            self._failed.move_to_end(name)
        while len(self._failed) > KNOWN:
            self._failed.popitem(last=False)

    def passed(self, account: str, address: str) -> None:
        """An attempt that was counted was right: nothing of the account counts any more, of the address all others."""
        self._failed.pop(account, None)
        failures = self._failed.get(address)
        if failures is not None:
            failures.count, failures.until = failures.count - 1, 0.0
