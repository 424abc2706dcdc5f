"""The Kafka adapter: how tasks run inside a Faust app, on Apache Kafka and on brokers without transactions."""
