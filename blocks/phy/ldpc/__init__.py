"""LDPC codes: construction, rate matching, and two decoders."""
