"""Results in Redis: manifests, the stretches that they rest on, and the cache of slices."""
