"""The letterbox's other way: what happened here, told to the endpoints of the institution that asked for it."""
