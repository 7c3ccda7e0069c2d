"""One blueprint a noun; each view parses, makes one call, presents."""
