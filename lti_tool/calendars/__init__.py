"""The dates of activities in the calendar of the LMS, where its admin wants that and somebody there consented."""
