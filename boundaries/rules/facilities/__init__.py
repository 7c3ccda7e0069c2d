"""Rules of facilities."""
