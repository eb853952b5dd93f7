"""How Porta talks to Redis: the connection, the keys, the scripts, the rules of its user."""
