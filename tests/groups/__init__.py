"""Tests of groups, representations and invariants."""
