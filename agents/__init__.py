"""Who listens: one agent per input topic. Each hands whole batches to the partition they belong to (design 3)."""

from picustream.agents import adt, lab, trial, ventilator, vital

AGENTS = {module.TOPIC: module.agent for module in (lab, vital, ventilator, adt, trial)}
"""Input topic -> its agent."""
