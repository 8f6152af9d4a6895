"""`worker --drain`: when is everything done that stood in the inputs at the start."""

from collections.abc import Mapping

from faust.types import TP

from picustream.streams.partitions import Partitions


def drained(partitions: Partitions, ends: Mapping[TP, int], read: Mapping[TP, tuple[int, int]]) -> bool:
    """Whether every owned partition has processed its inputs up to `ends`, with nothing due and nothing unpublished.

    `ends`: end offsets noted at the start; `read`: for each assigned input how far the fetcher is and the offset after
    the last record it handed over. The fetcher's position counts, for the last offsets of a topic may be markers,
    which are never handed over. Partitions of other workers are theirs to drain.
    """
    for tp, (position, handed_over) in read.items():
        partition = partitions.owned.get(tp.partition)
        if partition is None or not partition.idle:
            return False
        if position < ends.get(tp, 0) or partition.position.get(tp.topic, -1) < handed_over:
            return False
    return True
