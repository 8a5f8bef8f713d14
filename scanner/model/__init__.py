"""The vocabulary: the values that flow between the rooms."""
