"""How adapters follow steps of the SNR, in a synthetic world of known utilities."""
