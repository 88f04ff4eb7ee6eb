"""Configuration of a scenario by the measured table: traffic and a scheduler."""

from pydantic import BaseModel, ConfigDict

from semlink.config import ComponentSpec
from semlink.loop.traffic.config import TrafficConfig


class TrafficScenario(BaseModel):
    """A cell whose deliveries follow the measured table.

    about : what it shows, in one line
    traffic : users, what they send, what they meet
    scheduler : who shares the pool
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str = ""
    traffic: TrafficConfig
    scheduler: ComponentSpec = ComponentSpec(name="round_robin")
