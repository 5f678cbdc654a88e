"""Our plugin in an LMS: paired by an admin, and told what people did, who is complete, and when what is due."""
