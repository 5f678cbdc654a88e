"""
The companion's page in the admin room: paired, looked after, told what it may hear.
"""
