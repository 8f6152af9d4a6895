"""What the trial asks of a stay: whether it is eligible, and which outcomes it has reached."""
