"""The pages of the app: each asks the engine (`core`) and shows what it answers."""
