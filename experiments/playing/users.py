"""The users of a cell: the scenario of each, of which a part is its own."""

from collections.abc import Iterator

from semlink.errors import InputError
from semlink.loop.scenario import MOST_USERS, ScenarioConfig, UserConfig
from semlink.reading import checked, merged

OWN = frozenset(UserConfig.model_fields) - {"count", "offset_db"}
IN_PARTS = ("world", "receiver", "uplink")  # a user may have some of their keys


def users_of(config: ScenarioConfig) -> tuple[ScenarioConfig, ...]:
    """The scenario of each user of a cell; none for a session alone.

    Raises
    ------
    InputError
        A user has an invalid value, or there are too many.
    """
    found = tuple(_each(config))
    if len(found) > MOST_USERS:
        raise InputError(f"a cell has at most {MOST_USERS} users, got {len(found)}")
    return found


def _each(config: ScenarioConfig) -> Iterator[ScenarioConfig]:
    common = config.model_dump(mode="json", exclude={"users"})
    for user in config.users:
        own = user.model_dump(mode="json", include=OWN, exclude_unset=True)
        parts = {key: merged(common[key], own[key]) for key in IN_PARTS if key in own}
        tree = common | own | parts
        tree["world"]["snr_db"] += user.offset_db
        yield from [checked(tree, ScenarioConfig)] * user.count
