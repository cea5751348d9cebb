"""One org's waiting commands: who may go next, and under which claims."""
