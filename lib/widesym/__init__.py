"""Symmetry in wide networks: group actions, particle dynamics, kernels and claims."""

__version__ = "0.1.0"
