"""Rural macrocells of TR 38.901, as OFDM."""

from channels.cell import cell

build = cell("rma")
