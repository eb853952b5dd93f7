"""What a person sees: the pages, their templates and their assets."""
