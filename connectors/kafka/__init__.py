"""Kafka: options for both clients, topics, headers, dead letters, and the embedded broker of the demo."""
