"""How large a record may be, which the topics, their clients and the batches agree on."""

MIB = 1 << 20
LARGEST_EVENT = 8 * MIB
"""Bytes the broker takes on an input topic. Events over 1 MiB are refused by the worker, not by the broker: then they
are in the dead letters, where somebody sees them, and not only in the log of the system that sent them."""
LARGEST_MESSAGE = 16 * MIB
"""Bytes the broker takes on the dead-letter topic: the largest event in base64 (4/3) and the words around it."""
