"""Who may see what: accounts, sessions, tokens of displays, a proxy's word; and what is kept of who saw whom."""
