"""Batches, dropout, schedules and the one training loop."""
