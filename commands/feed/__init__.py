"""The report card on a feed.

`feed` takes its lines one by one, `timing` and `memory` keep what lateness, repeats and silences need, `components`
and `mending` say what could never be scored and which code-map lines are missing, `card` shows all of it.
"""
