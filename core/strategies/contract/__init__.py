"""The contract: what every strategy must do, checked for ours by the tests and for others on request."""
