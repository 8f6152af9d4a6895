"""How large a record may be, which the topics, their clients and the batches agree on."""

MIB = 1 << 20
LARGEST_EVENT = 8 * MIB
"""Bytes the broker takes on an input topic. Events over 1 MiB are refused by the worker, not by the broker: then they
are in the dead letters, where somebody sees them, and not only in the log of the system that sent them."""
LARGEST_MESSAGE = 16 * MIB
"""Bytes the broker takes on the dead-letter topic: the largest event in base64 (4/3) and the words around it."""
FETCH = MIB
"""Bytes of one partition in one fetch, which are kept until they are handed over: 40 MiB at most of 8 partitions of
five topics. What is larger the broker gives whole where its partition is the first of the request that has anything,
and the order of these is drawn anew each time (KIP-74)."""
