"""What a partition keeps in Redis, written by scripts that change all of a batch or nothing."""
