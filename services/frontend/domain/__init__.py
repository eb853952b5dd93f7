"""The values that Porta works with: the resource, the run, the manifest. No Redis, no Flask."""
