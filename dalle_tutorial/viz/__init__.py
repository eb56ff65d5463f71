"""Figures: static ones, ones that move with no kernel, and live controls."""
