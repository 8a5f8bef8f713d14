"""What was seen and when, of many repositories, night after night; never a secret."""
