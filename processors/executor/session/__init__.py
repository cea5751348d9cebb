"""The Kafka side of the executor: membership, ownership of orgs, publishing."""
