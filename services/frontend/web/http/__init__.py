"""HTTP itself: how requests are read, and the forms of the responses."""
