"""What is special about Canvas."""
