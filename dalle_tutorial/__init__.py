"""The helper package of *DALL·E 2 from nothing*: data, text, models, measurements and figures of the book."""

__version__ = "0.1.0"
