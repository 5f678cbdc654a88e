"""The course home: what there is to do in this course, and what waits for me."""
