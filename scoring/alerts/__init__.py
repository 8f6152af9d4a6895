"""Alerts of a stay and of a source (contract 2.6): which conditions hold, and what has been told of them."""
