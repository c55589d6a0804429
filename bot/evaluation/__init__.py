"""Measures the accuracy of the NLU, and chooses its temperature and thresholds."""
