"""Features: the float32 matrix that distances live in. Importing this package registers the embedders."""

from . import embedders as embedders
