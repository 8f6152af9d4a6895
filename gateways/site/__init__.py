"""A site, as data: its sources, units, identities and presets; its key and its pseudonyms."""
