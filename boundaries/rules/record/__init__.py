"""Rules that hold for every register."""
