"""What machines read of the topics: JSON Schema and AsyncAPI, written from the models."""
