"""Many hosts, seen from one place: who they are, and what each says of itself."""
