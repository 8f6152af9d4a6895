"""The gateway as a process: MLLP, HTTP, Kafka, and the order in which they follow one another."""
