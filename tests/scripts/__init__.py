"""Tests of what scripts/ runs by name."""
