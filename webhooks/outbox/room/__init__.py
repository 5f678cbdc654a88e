"""
The outbox's pages in the admin room: whom Hearth tells what happens, and what became of it.
"""
