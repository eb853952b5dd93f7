"""`nano`: gravity in a plane, first order, with clocks and random steps of each agent's own.

agent      bodies and their states, and their JSON
rules      what a valid scenario is
cost       what an iteration costs
scenario   scenarios, and the model as a value
reference  the model in plain Python, which fixes the bits
kernel     the same, compiled
"""
