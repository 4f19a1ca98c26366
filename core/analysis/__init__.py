"""What is computed about subsets: records in, records out. Nothing here knows a study."""
