"""Who is here: the record of a stay that a ward may read, with nothing of the trial."""
