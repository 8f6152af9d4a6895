"""Small pieces, without servers."""
