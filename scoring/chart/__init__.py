"""A stay's chart: current versions in the order of time, their usable values, and what was pruned."""
