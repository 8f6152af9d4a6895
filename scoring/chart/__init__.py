"""What was said of a stay: current versions in the order of time, their usable values, and what was let go of."""
