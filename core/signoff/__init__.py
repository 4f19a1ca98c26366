"""Sign-off: bundles, manifests, named decisions, and the checks that another person runs on them."""

from __future__ import annotations

from ..model.decision import Decision as Decision
from .bundle import Bundle as Bundle
from .bundle import bundle_files as bundle_files
from .bundle import open_bundle as open_bundle
from .bundle import write_bundle as write_bundle
from .bundle import zip_bundle as zip_bundle
from .bundle import zip_files as zip_files
from .verify import Check as Check
from .verify import Verification as Verification
from .verify import verify as verify
