"""Who is here: rules S1 and S2."""
