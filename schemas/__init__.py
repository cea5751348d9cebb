"""WHAT crosses the wire: contracts, their frozen values, decode, encode, the topic table. Imports nothing of ours."""
