"""The receipt of a score: what was published of a stay, worked out again by hand, in words (invariant I7).

`sources` reads the records, `chains` puts their revisions in order, `audit` looks whether each adds up; `receipt`,
`overview` and `changes` lay it out on a page, and `machine` gives the same as data. What a score consists of its
description says (`scoring/scores/description.py`); nothing here knows a score by name.
"""
