"""Salesforce: one org behind the port `processors.model.ports.Salesforce`."""
