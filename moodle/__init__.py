"""What is special about Moodle. ``plugin/`` holds our Moodle plugin."""
