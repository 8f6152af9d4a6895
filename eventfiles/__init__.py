"""Event files: read, replayed and sent, and the outputs of a replay or of Kafka read back."""
