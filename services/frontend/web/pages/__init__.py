"""The pages: routes, view models, templates and assets."""
