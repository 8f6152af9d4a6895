"""The receipt of a score: what was told of a stay, worked out again by hand, in words (invariant I7).

`sources` reads the records, `chains` puts their revisions in order, `working` computes every point again from what the
receipt names, `bands` and `words` say it, `mods`, `apps`, `overview` and `changes` lay it out on a `page`, and
`machine` gives the same as data. A new score needs a module beside `mods`; nothing else knows what a score consists of.
"""
