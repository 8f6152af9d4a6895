"""The report card on a feed.

`feed` takes its lines one by one, `observed` and `facts` what they state; `tallies`, `timing`, `levels` and `unread`
count, `memory` keeps what repeats, versions, silences and bounds need, by the names of `identity`. `bounds`, `stays`,
`versions` and `coma` evaluate all of it at the end, `components` says what could never be scored. `findings`,
`mislabelled` and `inconsistent` make the findings; `unknown`, `siblings`, `sizes`, `spelling` and `fixes` the tables
of a code map. `evaluate` puts the `report` together, and `card`, `tables` and `layout` show it.
"""
