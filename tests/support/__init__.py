"""What the tests that use real programs share. It knows nothing of Linnet's own code."""
