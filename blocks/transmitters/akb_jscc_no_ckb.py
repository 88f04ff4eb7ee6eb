"""AKB-JSCC without its channel knowledge base: the rate map is the preset."""

from functools import partial

from blocks.transmitters import akb_jscc
from semlink.registry import preset

RATE = {"rate": "preset"}
build = preset(akb_jscc.build, **RATE, actions="policy")
files = partial(akb_jscc.files, **RATE)
