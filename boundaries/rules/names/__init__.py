"""Rules of place names (domain E3, E6; 地名管理条例)."""
