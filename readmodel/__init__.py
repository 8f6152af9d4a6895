"""The read model: what the topics say, in a database, for whoever looks: pages, commands, queries."""
