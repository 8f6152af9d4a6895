"""The report card on a feed.

`feed` takes its lines one by one, `tallies` and `timing` count them, `memory` keeps what repeats, silences and bounds
need. `bounds` and `stays` judge by the stays as they are in the end, `components` says what could never be scored,
`findings` what somebody should look at; `unknown`, `sizes` and `mending` make the tables of a code map. `report` puts
it together, and `card`, `tables` and `layout` show it.
"""
