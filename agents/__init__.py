"""Who listens: one Faust agent per input topic. Imports streams."""
