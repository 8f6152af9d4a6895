"""Marshall Multiple Organ Dysfunction Score of every local day (Marshall et al., Crit Care Med 1995;23:1638)."""
