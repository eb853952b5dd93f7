"""HTTP itself: what a request may say, and the forms in which responses leave."""
