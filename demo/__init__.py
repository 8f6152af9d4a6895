"""A simulated paediatric ward, and the live picture of what the worker makes of it."""
