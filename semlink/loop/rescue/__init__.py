"""A rescue in the mountains: UAVs, a command centre, a relay and responders."""
