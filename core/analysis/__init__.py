"""What is said of subsets: records in, records out. Nothing here knows of a study."""
