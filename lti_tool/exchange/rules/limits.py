"""
How much of everything: what forms refuse and the database keeps out.
"""

FEWEST_REVIEWS, MOST_REVIEWS = 1, 10
MOST_POINTS = 100_000
MOST_CRITERIA = 30
MOST_LEVELS = 20
MOST_FILES = 10
"""Of a work."""
MOST_ATTACHED = 5
"""Files of one review."""
LONGEST_TITLE = 255
LONGEST_BODY = 200_000
LONGEST_COMMENT = 20_000
