"""One file a step; the number orders them."""
