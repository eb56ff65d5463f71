"""Captioned pictures: the shapes world with its oracle, and the emoji world."""
