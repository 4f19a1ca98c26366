"""What pages share: state, caches, jobs, widgets, tables. Pages never import each other."""
