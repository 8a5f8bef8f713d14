"""What a run proves, signed; and whether somebody else's signed word may be believed."""
