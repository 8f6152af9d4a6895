"""Whether anything can be stored and published now, and how much is on its way: what senders are held back by."""

import asyncio


class Gate:
    """Shut for as long as there is a reason."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.reasons: set[str] = set()
        """Machine-readable: `kafka`, `disk`, `index`."""

    @property
    def is_open(self) -> bool:
        """Whether messages are taken."""
        return self._open.is_set()

    def shut(self, reason: str) -> None:
        """Take nothing more."""
        self.reasons.add(reason)
        self._open.clear()

    def clear(self, reason: str) -> None:
        """The reason is gone."""
        self.reasons.discard(reason)
        if not self.reasons:
            self._open.set()

    async def wait(self) -> None:
        """Until it is open."""
        await self._open.wait()


class Budget:
    """Bytes that may be on their way at a time, of all senders together; one message always may."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = asyncio.Event()
        self.taken = 0

    async def take(self, size: int) -> None:
        """Hold `size` bytes, once there is room."""
        while self.taken and self.taken + size > self._most:
            self._room.clear()
            await self._room.wait()
        self.taken += size

    def give(self, size: int) -> None:
        """Give them back."""
        self.taken -= size
        self._room.set()
