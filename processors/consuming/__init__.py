"""What every consumer of Kafka shares: lag, dead letters, the loop of the sinks."""
