"""Disk: reading, atomic writing, locks, interrupts."""
