"""The executor: assemble, claim, match, decide, pack, execute, settle, publish; one org a pipeline."""
