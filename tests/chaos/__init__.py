"""The real programs on a real Kafka under fire: `make chaos`."""
