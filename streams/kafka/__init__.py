"""Reading and writing Kafka: clients, batches as they stand on a topic, transactions, topics and rights."""
