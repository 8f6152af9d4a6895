"""What everything may use: settings, errors for users, the clock, the log, and points at which tests stop a worker."""
