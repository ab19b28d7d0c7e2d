"""Limits that keep the project small, even and quick to start."""
