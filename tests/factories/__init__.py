"""Factories for rows, one file for each area of the house. Each returns a row already flushed."""
