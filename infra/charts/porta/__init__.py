"""The application's manifests, as plain Python with placeholders for Helm's values."""
