"""The physical layer: coding, modulation, HARQ, header, analog and side symbols."""
