"""The audit: every outcome is kept where people can look it up."""
