"""Rules about what a project says of itself: metadata, requirements, build and continuous integration."""
