"""Data in and out: readers, column roles, health, filters, exporters, samples."""
