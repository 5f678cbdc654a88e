"""
The letterbox's pages in the admin room: the addresses that the LMS sends its events to, and what became of them.
"""
