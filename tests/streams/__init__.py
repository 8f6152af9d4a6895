"""The product's movement, piece by piece, without servers."""
