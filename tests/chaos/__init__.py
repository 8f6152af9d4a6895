"""Chaos: workers, Kafka and Redis killed, paused and wiped at random while events flow; then everything is compared."""
