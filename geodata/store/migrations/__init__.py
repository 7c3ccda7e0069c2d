"""The history of the store's own tables, one set for both backends."""
