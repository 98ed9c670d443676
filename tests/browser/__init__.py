"""Tests of the built book in a browser, for `make browser`; `make test`, which builds no book, has others."""
