"""Alerts of a stay and of a source (docs/alerts.md): which conditions hold, and what was published of them."""
