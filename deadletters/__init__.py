"""Dead letters, to read and to send again.

`dead_letter` reads and selects them, `history` says what has become of them, by what `inputs` finds in the input
topics; `groups` counts them, `page` and `printing` show them, `choice` names those that are left alone, `resubmit`
sends what is corrected.
"""
