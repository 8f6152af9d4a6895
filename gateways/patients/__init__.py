"""Which stay is meant: patients, visits, units, beds, merges, and what waits for its stay."""
