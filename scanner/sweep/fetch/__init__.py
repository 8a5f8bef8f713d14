"""What a forge has beside a repository's Git: releases with their files, and what was said in issues and pull requests."""
