#!lua
-- Does nothing. Not allow-oom: a full storage refuses it, before a run that could store nothing has a cluster.
return 1
