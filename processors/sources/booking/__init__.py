"""Appointments booked with a scheduler (JI-1 to JI-27)."""
