"""What Hearth holds of a course compared with what the LMS says of it: mended where that is safe, told where not."""
