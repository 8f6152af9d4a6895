"""Reading and writing Kafka: clients, batches as they are on a topic, transactions, topics and rights."""
