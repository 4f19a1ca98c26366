"""Parts of the page Sign off."""
