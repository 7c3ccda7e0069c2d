"""Rules of boundary markers (domain C3 to C6)."""
