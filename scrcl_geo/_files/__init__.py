"""Disk: reading, whole writing, locks, interrupts."""
