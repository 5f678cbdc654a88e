"""
Reads of the admin room, each for one tenant.
"""
