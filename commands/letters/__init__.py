"""Dead letters, to look at and to send again.

`letter` reads and selects them, `groups` counts them, `page` shows them, `again` sends again what is mended.
"""
