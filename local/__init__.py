"""A real Apache Kafka and a real Redis on this machine's loopback, from Python packages alone."""
