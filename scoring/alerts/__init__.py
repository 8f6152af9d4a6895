"""Alerts of a stay and of a source (docs/alerts.md): which conditions hold, and what has been told of them."""
