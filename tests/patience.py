"""How long the tests wait for what has to come, so that a slow or busy machine fails none of them."""

PATIENCE_S = 60.0
"""What comes at all comes far sooner; this only keeps a test from hanging."""
