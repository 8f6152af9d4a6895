"""Lineages: of the versions of one thing, whether a correction matched an older one, and how far apart in time the
`final` ones lie (docs/alerts.md, `correction-unmatched`, `id-reused`, `admission-moved`).

A chart holds current versions alone. Of the others a lineage keeps the least and the greatest of a set, so it does not
depend on the order of arrival (I1) and does not grow with their number (I9). A thing with one version, which corrects
nothing, has no lineage.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from picustream.models.envelope import STATUS_RANK, Status
from picustream.scoring.chart.entries import Entry, Fact, Piece, Version

ANOTHER_TIME = timedelta(hours=1)
"""Versions further apart in clinical time than this are of different moments."""

MOST_UNMATCHED = 32
"""Unmatched corrections of a stay that are kept and alerted."""

PRELIMINARY, FINAL, AMENDED, WITHDRAWN = (
    STATUS_RANK[one] for one in (Status.PRELIMINARY, Status.FINAL, Status.AMENDED, Status.CANCELLED)
)
STATES_NOTHING = STATUS_RANK[Status.UNKNOWN]

PRUNED: Version = (datetime.min.replace(tzinfo=UTC), FINAL, "")
"""In the place of a pruned older version (I9): it is only known that there was one."""

ADMISSION: Piece = ("admitted",)

Correction = tuple[Version, datetime, str]
"""The version, its clinical time, and its source."""
Dated = tuple[datetime, Version]


class _Sender(Protocol):
    @property
    def source(self) -> str: ...


class Filing(Protocol):
    """A version as far as a lineage needs it: an entry or fact of a chart, or one of `lint`."""

    @property
    def rank(self) -> Version: ...
    @property
    def at(self) -> datetime: ...
    @property
    def filed(self) -> _Sender: ...


@dataclass(slots=True)
class Lineage:
    """The versions of one thing."""

    plain: Version | None = None
    """The earliest that corrects nothing."""
    first: Correction | None = None
    """The earliest that corrects or withdraws."""
    last: Version | None = None
    """The latest of these."""
    withdrawn: Version | None = None
    """The latest that states nothing."""
    early: Dated | None = None
    """The `final` version of the earliest moment; of several the latest. Of the admission a `preliminary` one counts,
    too: it moves the stay as well."""
    late: Dated | None = None
    """The same of the latest moment."""

    def add(self, one: Filing, of_admission: bool = False) -> bool:
        """Adds a version; whether the lineage changed."""
        before = self._parts()
        rank, status = one.rank, one.rank[1]
        if status >= AMENDED:
            found = rank, one.at, one.filed.source
            self.first = min(self.first or found, found)
            self.last = max(self.last or rank, rank)
        else:
            self.plain = min(self.plain or rank, rank)
        if status == STATES_NOTHING:
            self.withdrawn = max(self.withdrawn or rank, rank)
        if status == FINAL or (of_admission and status == PRELIMINARY):
            self._date(one.at, rank)
        return before != self._parts()

    def _date(self, moment: datetime, rank: Version) -> None:
        if self.early is None or moment < self.early[0] or (moment == self.early[0] and rank > self.early[1]):
            self.early = moment, rank
        self.late = max(self.late or (moment, rank), (moment, rank))

    def _parts(self) -> tuple[Any, ...]:
        return tuple(getattr(self, one.name) for one in fields(self))

    @property
    def unmatched(self) -> Correction | None:
        """The first correction, where the last one has no older version to correct and no later version states
        nothing."""
        if self.first is None or self.last is None:
            return None
        met = self.plain is not None and self.plain < self.last
        closed = self.withdrawn is not None and self.withdrawn > self.last
        return None if met or closed else self.first

    @property
    def two_moments(self) -> tuple[Dated, Dated] | None:
        """Two such versions of different moments, in the order of versions; neither corrected since."""
        if self.early is None or self.late is None or self.late[0] - self.early[0] <= ANOTHER_TIME:
            return None
        older, newer = sorted((self.early, self.late), key=lambda dated: dated[1])
        return None if self.last is not None and self.last > older[1] else (older, newer)

    def to_store(self) -> list[Any]:
        """For `from_store`."""
        first = None if self.first is None else [*self.first[0], *self.first[1:]]
        dated = [None if one is None else [one[0], *one[1]] for one in (self.early, self.late)]
        return [self.plain, first, self.last, self.withdrawn, *dated]

    @classmethod
    def from_store(cls, kept: list[Any]) -> "Lineage":
        plain, first, last, withdrawn, early, late = kept
        return cls(
            _version(plain),
            None if first is None else (_version(first[:3]), datetime.fromisoformat(first[3]), first[4]),  # type: ignore[arg-type]
            _version(last),
            _version(withdrawn),
            *(None if one is None else (datetime.fromisoformat(one[0]), _version(one[1:])) for one in (early, late)),  # type: ignore[arg-type]
        )


def _version(kept: list[Any] | None) -> Version | None:
    return None if kept is None else (datetime.fromisoformat(kept[0]), int(kept[1]), kept[2])


class Lineages:
    """The lineage of every piece of a stay that has one."""

    def __init__(self) -> None:
        self._of: dict[Piece, Lineage] = {}
        self._stored: set[Piece] = set()
        """Pieces whose lineage came from the store."""
        self._unmatched: list[tuple[Correction, Piece]] = []
        self._reused: dict[str, list[tuple[Dated, Piece]]] = {}
        self._pruned: set[str] = set()
        """Sources of which a piece with two moments was pruned."""
        self.changes = 0
        """How often any of this has changed."""
        self._fresh: set[Piece] = set()

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, piece: Piece) -> Lineage | None:
        return self._of.get(piece)

    def note(self, piece: Piece, new: Entry | Fact, old: Entry | Fact | None, pruned: bool) -> bool:
        """Adds a version to those known of a piece; whether its lineage changed.

        `pruned`: an older version may have been pruned; a correction then counts as matched.
        """
        before = self._of.get(piece)
        if before is None and old is None and not (new.rank[1] >= AMENDED and new.stated):
            return False
        known = replace(before) if before is not None else Lineage(plain=PRUNED if pruned else None)
        if before is None and old is not None:
            known.add(old, piece == ADMISSION)
        if not known.add(new, piece == ADMISSION) and before is not None:
            return False
        self._remove(piece)
        self._put(piece, known)
        if known.unmatched is not None and (before is None or before.unmatched is None):
            self._fresh.add(piece)
        return True

    @property
    def pieces(self) -> Collection[Piece]:
        """What has a lineage."""
        return self._of.keys()

    def take_fresh(self) -> set[Piece]:
        """Pieces that got an unmatched correction since the last call."""
        taken, self._fresh = self._fresh, set()
        return taken

    def unmatched(self) -> Iterator[tuple[Piece, Correction]]:
        """The pieces with unmatched corrections, the earliest of them by filing."""
        return ((piece, first) for first, piece in self._unmatched[:MOST_UNMATCHED])

    def reused(self) -> Iterator[tuple[str, Dated, Dated]]:
        """Sources that used one id for two moments, and the two versions of the first such id."""
        for source, pieces in self._reused.items():
            two = self._of[pieces[0][1]].two_moments
            assert two is not None
            yield source, *two

    # What is pruned (I9). -------------------------------------------------------------------------------------------

    def pinned(self) -> set[Piece]:
        """Pieces that alerts need, and that are therefore not pruned."""
        return {piece for piece, _ in self.unmatched()} | {pieces[0][1] for pieces in self._reused.values()}

    def prune(self, piece: Piece) -> bool:
        """Forgets an observation or a ventilator event; whether it had a lineage."""
        known = self._of.get(piece)
        if known is None:
            return False
        if known.two_moments is not None:
            self._pruned.add(piece[1])
        self._remove(piece)
        return True

    def lost(self) -> bool:
        """Whether a source's only id with two moments may be a pruned one: the history is needed."""
        return any(source not in self._reused for source in self._pruned)

    # The store. -----------------------------------------------------------------------------------------------------

    def to_store(self, piece: Piece) -> list[Any] | None:
        """The lineage of a piece, for `restore`."""
        known = self._of.get(piece)
        return None if known is None else known.to_store()

    def pruned_to_store(self) -> list[str]:
        return sorted(self._pruned)

    def restore(self, piece: Piece, stored: list[Any]) -> None:
        """Takes over what `to_store` gave."""
        self._stored.add(piece)
        self._remove(piece)
        self._put(piece, Lineage.from_store(stored))

    def restored(self, pruned: list[str]) -> None:
        """To be called when everything is restored. A correction without a stored lineage was filed by an older version
        of the software, which kept none: it counts as matched."""
        self._pruned = set(pruned)
        for piece in self._of.keys() - self._stored:
            known = self._of[piece]
            self._remove(piece)
            known.plain = PRUNED
            self._put(piece, known)
        self._stored.clear()
        self._fresh.clear()

    def _remove(self, piece: Piece) -> None:
        known = self._of.pop(piece, None)
        if known is None:
            return
        self.changes += 1
        if (first := known.unmatched) is not None:
            _discard(self._unmatched, (first, piece))
        if (two := known.two_moments) is not None and len(piece) > 1:
            pieces = self._reused[piece[1]]
            _discard(pieces, (two[0], piece))
            if not pieces:
                del self._reused[piece[1]]

    def _put(self, piece: Piece, known: Lineage) -> None:
        self._of[piece] = known
        self.changes += 1
        if (first := known.unmatched) is not None:
            insort(self._unmatched, (first, piece))
        if (two := known.two_moments) is not None and len(piece) > 1:
            insort(self._reused.setdefault(piece[1], []), (two[0], piece))


def _discard(sorted_list: list[Any], item: Any) -> None:
    place = bisect_left(sorted_list, item)
    del sorted_list[place]
