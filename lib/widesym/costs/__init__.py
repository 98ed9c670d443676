"""Costs: what the computations of the book need, estimated before they start."""

from widesym.costs.estimates import Estimate, estimate, foretold, taken

__all__ = ["Estimate", "estimate", "foretold", "taken"]
