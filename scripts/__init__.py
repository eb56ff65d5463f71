"""Tools that make, check and set up the book; they are not installed with the package."""
