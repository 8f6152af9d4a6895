"""What came, as it came, on disk; and what became of it."""
