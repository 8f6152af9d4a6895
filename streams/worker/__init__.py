"""The process: which partitions it owns, its health, its supervision, and how it ends."""
