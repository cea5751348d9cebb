"""Salesforce: one org behind the port `processors.ports.Salesforce`."""
