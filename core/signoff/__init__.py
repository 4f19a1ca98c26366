"""Sign-off: bundles, manifests, and the checks that another person runs on them."""
