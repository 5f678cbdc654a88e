"""The letterbox: what LMSs send to Hearth, verified and kept before anything is done with it."""
