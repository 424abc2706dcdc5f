"""Launchers of local brokers: the embedded one from the wheel, and a single-node Apache Kafka."""

from streams.brokers.apache import ApacheKafka
from streams.brokers.child import BrokerUnavailable
from streams.brokers.embedded import EmbeddedBroker

__all__ = ["ApacheKafka", "BrokerUnavailable", "EmbeddedBroker"]
