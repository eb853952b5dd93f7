"""Where `porta` computes: each way returns the same results, to the last bit.

choice          which of them an argument means
in_process      on the cores of this process
on_dask         on the workers of a Dask client, or on a cluster from a Dask Gateway
on_server       by a running Porta, over HTTP
found           what a running Porta has already, by its id
computed        what was computed by the engine, as results read it
server_members  an ensemble that stays with a running Porta
private_loop    an event loop of its own, which a notebook's does not meet
api_client      requests to a running Porta, and what goes wrong with them
server          its address, and a token
"""
