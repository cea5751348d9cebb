"""What every consumer of Kafka shares: lag, the limit on dead letters, the loop of the sinks."""
