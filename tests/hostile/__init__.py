"""Every record that a Kafka client can produce, among a good ward, on real servers: `python -m tests.hostile`."""
