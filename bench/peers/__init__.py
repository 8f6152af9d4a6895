"""What the worker is compared with: programs of other makes that are given the same topics."""
