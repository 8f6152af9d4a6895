"""One owned partition: taken over, applied batch by batch, rebuilt, and brought back from failures."""
