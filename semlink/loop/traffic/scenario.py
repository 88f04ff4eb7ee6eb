"""Configuration of a scenario with traffic: a cell, its engine and a scheduler."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from semlink.config import ComponentSpec
from semlink.loop.traffic.config import TrafficConfig

PHOTOS = ComponentSpec(name="photos")


class TrafficScenario(BaseModel):
    """A cell of many users.

    about : what it shows, in one line
    traffic : users, what they send, what they meet
    scheduler : who shares the pool
    engine : what delivers frames: the measured ``table``, or the real ``link``
    source : pictures that frames are, over the link
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str = ""
    traffic: TrafficConfig
    scheduler: ComponentSpec = ComponentSpec(name="round_robin")
    engine: Literal["table", "link"] = "table"
    source: ComponentSpec = PHOTOS

    @model_validator(mode="after")
    def _of_the_link(self) -> "TrafficScenario":
        return refuse_pictures(self)


def refuse_pictures(config):
    """A scenario, unless it has pictures that its engine does not send.

    Raises
    ------
    ValueError
        It has.
    """
    if config.engine == "table" and config.source != PHOTOS:
        must = "have engine=link to send pictures of a source"
        raise ValueError(f"a cell must {must}, got {config.source.label}")
    return config
