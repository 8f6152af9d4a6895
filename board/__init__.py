"""The read model as web pages: the ward, a stay, and how old what they show is.

`views/` makes plain values of rows, `templates/` makes pages of them, `pages/` answers requests. Nothing on a page is
worked out here that a record does not state.
"""
