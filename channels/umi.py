"""Urban microcells of TR 38.901 (street canyon), as OFDM."""

from channels.cell import cell

build = cell("umi", default_numerology=1)
