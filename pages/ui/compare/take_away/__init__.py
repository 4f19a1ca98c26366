"""What leaves the page: files, a link, a command line."""
