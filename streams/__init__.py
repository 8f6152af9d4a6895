"""The movement: Kafka, Redis, partitions, outbox and clock. Imports models and scoring."""
