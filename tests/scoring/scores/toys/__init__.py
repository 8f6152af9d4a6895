"""An organ and a score that nobody ships: what a new one needs, and no more (CONTRIBUTING.md)."""
