"""What commands share in front of a person: options, pages, progress and glyphs."""
