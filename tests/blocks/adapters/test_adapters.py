"""What adapters choose, and when they switch."""

import numpy as np
import pytest

from blocks.adapters import bandit, fixed, oracle, thresholds
from blocks.adapters.features import features
from blocks.adapters.linear_bandit import empty_bank
from blocks.adapters.switching import Stay, Switching
from blocks.adapters.trained import Trained
from blocks.adapting import ADAPTERS, adapter, reward
from semlink.errors import InputError
from semlink.loop.agents import Arm, Context, Heard
from semlink.signalling.messages import Report, TaskProfile

NAMES = ("words", "jpeg2000_ldpc[mcs=auto]", "akb_jscc")
ARMS = (Arm(0, 1000), Arm(1, 5000), Arm(1, 20000), Arm(2, 10000))
PROFILE = TaskProfile(uses=20_000, retransmissions=2)
DRAWS = np.random.default_rng(0)
TABLE = {
    "reconstruction": [
        {"from_db": -4, "transmitter": 0},
        {"from_db": 5, "transmitter": "akb_jscc", "share": 0.5},
        {"from_db": 12, "transmitter": "jpeg2000_ldpc[mcs=auto]"},
    ]
}


def context(state_db=10.0, **given) -> Context:
    return Context(**{"slot": 7, "profile": PROFILE, "arms": ARMS, **given})._replace(
        state_db=state_db
    )


@pytest.mark.parametrize(
    ("spec", "arm"),
    [
        ("fixed", ARMS[0]),
        ("fixed:akb_jscc", ARMS[3]),
        ("fixed:1", ARMS[2]),
        ("fixed[transmitter=jpeg2000_ldpc[mcs=auto],share=0.5]", ARMS[1]),
        ("fixed[transmitter=jpeg2000_ldpc,share=0.01]", ARMS[1]),
        ("outer_loop[transmitter=jpeg2000_ldpc]", ARMS[2]),
    ],
)
def test_one_arm(spec, arm):
    setting, _ = adapter(spec, NAMES)(context(), None, DRAWS)
    assert setting.arm == arm
    assert setting.retransmissions == 2


def test_a_margin_is_asked_for():
    for made in (bandit.build(margin_db=2), thresholds.build(TABLE, margin_db=2)):
        setting, _ = made.among(NAMES)(context(), None, DRAWS)
        assert setting.margin_db == 2


def test_a_transmitter_without_arms_leaves_the_largest_arm():
    setting, _ = fixed.build(5)(context(), None, DRAWS)
    assert setting.arm == ARMS[2]


@pytest.mark.parametrize("name", ["fixed", "outer_loop", "bandit"])
def test_a_missing_transmitter_is_named(name):
    key = "robust" if name == "bandit" else "transmitter"
    with pytest.raises(InputError, match=r"one of words, .*akb_jscc, got ntscc$"):
        adapter(f"{name}[{key}=ntscc]", NAMES)
    with pytest.raises(InputError, match=r"must be below 3, .*, got 3$"):
        adapter(f"{name}[{key}=3]", NAMES)


def test_a_missing_transmitter_of_a_table_is_named(tmp_path):
    path = tmp_path / "table.yaml"
    path.write_text("vqa: [{from_db: 0, transmitter: ntscc}]", encoding="utf-8")
    with pytest.raises(InputError, match=r"one of words, .*akb_jscc, got ntscc$"):
        adapter(f"thresholds:{path}", NAMES)
    assert ADAPTERS.files("thresholds", {"table": str(path)}) == [path]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bandit[alpha=-1]", r"adapter.bandit.alpha must be at least 0, got -1$"),
        ("bandit[discount=0]", r"discount must be greater than 0, got 0$"),
        ("bandit[discount=1.1]", r"discount must be at most 1, got 1.1$"),
        ("outer_loop[target=1]", r"less than 1, got 1$"),
        ("thresholds:nowhere.yaml", r"a YAML file .*, got nowhere.yaml$"),
        ("bandits", r"did you mean 'bandit'"),
    ],
)
def test_refusals(spec, message):
    with pytest.raises(InputError, match=message) as caught:
        adapter(spec, NAMES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"reconstruction": []}, r"one rung or more, of rising from_db, got \[\]$"),
        ({"sleeping": []}, r"got 'sleeping'$"),
        ({"vqa": [{"from_db": 0}]}, r"vqa.0.transmitter must be given"),
    ],
)
def test_tables_that_are_none(table, message):
    with pytest.raises(InputError, match=message):
        thresholds.build(table)


def test_names_must_have_places_first():
    with pytest.raises(InputError, match=r"have a place by among\(names\), got words$"):
        fixed.build("words")(context(), None, DRAWS)
    with pytest.raises(InputError, match=r"knows\(table\), got none$"):
        oracle.build()(context(), None, DRAWS)


def test_no_arms_are_refused():
    with pytest.raises(InputError, match=r"at least one arm, got none$"):
        fixed.build()(context(arms=()), None, DRAWS)


def test_thresholds_have_hysteresis():
    """The state must pass a threshold by a decibel, up and down."""
    made = thresholds.build(TABLE, hysteresis_db=1.0).among(NAMES)
    memory, chosen = None, []
    for state_db in (4, 5, 6, 12, 13, 11, 10, 4, 3, -9):
        setting, memory = made(context(float(state_db)), memory, DRAWS)
        chosen.append(setting.arm)
    low, middle, high = ARMS[0], ARMS[3], ARMS[2]
    assert chosen == [low] * 2 + [middle] * 2 + [high] * 2 + [middle] * 2 + [low] * 2


def test_a_task_without_a_table_is_named():
    with pytest.raises(InputError, match=r"has reconstruction, got vqa$"):
        thresholds.build(TABLE)(context(profile=TaskProfile(task="vqa")), None, DRAWS)


def test_a_ladder_has_the_best_arm_of_each_state():
    utility = np.array([[0.4, 0.1, 0.2, 0.3]] * 2 + [[0.4, 0.6, 0.5, 0.7]] * 3)
    first, second = thresholds.ladder_of([0, 2, 4, 6, 8], utility, ARMS, 20_000)
    assert (first.from_db, first.transmitter, first.share) == (0, 0, 0.05)
    assert (second.from_db, second.transmitter, second.share) == (4, 2, 0.5)


@pytest.mark.parametrize(("gain", "switches"), [(0.09, False), (0.11, True)])
def test_a_switch_must_earn_its_cost(gain, switches):
    """A cost of one, over a stay of ten frames."""
    rule = Switching(cost=1.0, stay=10, min_stay=1)
    stay = rule(context(), [0.5, 0.5 + gain, 0, 0], Stay(ARMS[0]))
    assert (stay.arm == ARMS[1]) == switches


def test_a_model_that_must_be_sent_first_costs_more():
    rule = Switching(cost=0.0, stay=10, min_stay=1)
    dear = context(costs=(0.0, 5.0, 0.0, 0.0))
    values = [0.5, 0.9, 0.6, 0.0]
    assert rule(context(), values, Stay(ARMS[0])).arm == ARMS[1]
    assert rule(dear, values, Stay(ARMS[0])).arm == ARMS[2]
    assert rule(dear, values, None).arm == ARMS[2]
    assert rule(dear, values, Stay(ARMS[1])).arm == ARMS[1]


def test_a_stay_has_a_least_length():
    rule, stay, chosen = Switching(0.0, 1, 3), Stay(ARMS[0]), []
    for _ in range(4):
        stay = rule(context(), [0, 1, 0, 0], stay)
        chosen.append(stay.arm)
    assert chosen == [ARMS[0]] * 2 + [ARMS[1]] * 2


@pytest.mark.parametrize(
    ("stars", "worth"), [(0, 0.9), (1, 1 / 6), (2, 1 / 2), (3, 5 / 6)]
)
def test_what_the_user_says_counts_more_than_what_the_receiver_expects(stars, worth):
    report = Report(frame=0, success=0.9, rating=stars, late=stars > 0)
    assert reward(report, 1.0) == pytest.approx(worth)


def test_a_missed_deadline_lowers_the_reward():
    assert reward(Report(frame=0, success=0.8, late=True), 0.5) == pytest.approx(0.3)


@pytest.mark.parametrize("delay", [0, 8])
def test_a_bandit_becomes_the_oracle(delay):
    """On a deterministic problem, when all arms have been tried in each state."""
    learner = bandit.build(cost=0.0)
    utility = np.array([np.roll([0.2, 0.4, 0.6, 0.8], row) for row in range(4)])
    due, memory, same = [], None, []
    for frame in range(600):
        heard = tuple(item for item in due if item.slot == frame)
        due = [item for item in due if item.slot > frame]
        row = frame // 20 % 4
        now = context(4.0 * row, slot=frame, heard=heard)
        knowing = oracle.build().knows(lambda _, k=row: utility[k])
        setting, memory = learner(now, memory, DRAWS)
        same.append(setting.arm == knowing(now, None, DRAWS)[0].arm)
        success = utility[row, ARMS.index(setting.arm)]
        report = Report(frame=frame % 16, success=success, state_db=4 * row)
        due.append(Heard(frame + 1 + delay, setting.arm, report, frame))
    assert all(same[-160:])
    assert not all(same[:160])


@pytest.mark.parametrize("name", ["bandit", "thresholds"])
def test_silence_leads_to_the_robust_arm_and_back(name):
    made = {
        "bandit": bandit.build(patience=4),
        "thresholds": thresholds.build(TABLE, patience=4).among(NAMES),
    }[name]
    heard = tuple(
        Heard(7, arm, Report(frame=0, success=0.9 * (arm == ARMS[2]), state_db=20), 6)
        for arm in ARMS * 20
    )
    _, memory = made(context(20.0, slot=0), None, DRAWS)
    before, memory = made(context(20.0, heard=heard), memory, DRAWS)
    silent, memory = made(context(20.0, silent=4), memory, DRAWS)
    after, memory = made(context(20.0, heard=heard[:1]), memory, DRAWS)
    assert [s.arm for s in (before, silent, after)] == [ARMS[2], ARMS[0], ARMS[2]]
    first, _ = made(context(None), None, DRAWS)
    assert first.arm == ARMS[0]


def test_a_report_of_another_profile_teaches_nothing():
    """What was sent under the profile before says nothing of this one."""
    made, late = bandit.build(), PROFILE.model_copy(update={"deadline_ms": 50.0})
    _, memory = made(context(slot=0), None, DRAWS)
    good = Report(frame=0, success=1.0, state_db=10)
    changed = context(slot=9, profile=late, heard=(Heard(9, ARMS[1], good, 8),))
    _, after = made(changed, memory, DRAWS)
    np.testing.assert_array_equal(after.banks["reconstruction"].a, 0)
    own = context(slot=11, profile=late, heard=(Heard(11, ARMS[1], good, 9),))
    _, after = made(own, after, DRAWS)
    assert after.banks["reconstruction"].b[1].sum() > 0


def test_a_price_makes_a_small_arm_the_better_one():
    values = [0.5, 0.0, 0.6, 0.0]
    of = context()
    assert Switching(0, 1, 1)(of, values, None).arm == ARMS[2]
    assert Switching(0, 1, 1, price=0.01)(of, values, None).arm == ARMS[0]


def test_a_bandit_starts_from_what_training_taught(tmp_path):
    x = features(PROFILE, 10.0)
    bank = empty_bank(len(x)).with_arms(ARMS)
    for arm, gain in zip(ARMS, (0.2, 0.3, 0.4, 0.9), strict=True):
        for _ in range(50):
            bank = bank.learnt(arm, x, gain, 1.0)
    path = tmp_path / "start.npz"
    Trained(NAMES, {PROFILE.task: bank}).write(path)
    spec = f"bandit[start={path}]"
    setting, known = adapter(spec, NAMES)(context(), None, DRAWS)
    assert setting.arm == ARMS[3]
    np.testing.assert_array_equal(known.banks[PROFILE.task].b, bank.b)
    # another session has another order, and not all transmitters
    names = (NAMES[2], NAMES[0])
    arms = (Arm(0, 10000), Arm(1, 1000))
    setting, known = adapter(spec, names)(context(arms=arms), None, DRAWS)
    assert setting.arm == arms[0]
    assert set(known.banks[PROFILE.task].arms) == set(arms)


@pytest.mark.parametrize("content", [b"none", None])
def test_a_start_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "start.npz"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"bandit\.start must be a file of trained"):
        bandit.build(start=str(path))
