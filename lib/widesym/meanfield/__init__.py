"""The mean-field view: units, laws of particles, transport between them, and their dynamics under SGD."""

from widesym import numerics

numerics.enable()
