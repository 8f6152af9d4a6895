"""Dead letters, to look at and to send again.

`letter` reads and selects them, `history` says what has become of them, by what `inputs` finds in the input topics;
`groups` counts them, `page` and `telling` show them, `choice` says which are left alone, `again` sends what is mended.
"""
