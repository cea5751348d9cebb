"""The figures of the README, measured on real Kafka; `python -m bench`."""
