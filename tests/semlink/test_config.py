"""Configuration: accepted input, and one-line errors for invalid input."""

import pytest
from pydantic import ValidationError

from semlink.config import (
    ComponentSpec,
    LinkConfig,
    apply_overrides,
    load,
    validate,
)
from semlink.errors import InputError

COMPONENT = "a component is a name, name:argument[key=value,...] or a mapping"
TREE = {
    "source": "photos",
    "transmitter": "jpeg_ldpc",
    "channel": "awgn",
    "snr_db": "0:20:2",
    "cbr": "0.01 0.02",
}


def config(*overrides, **tree):
    return validate(apply_overrides({**TREE, **tree}, list(overrides)))


def refusal(*overrides, **tree):
    with pytest.raises(InputError) as caught:
        config(*overrides, **tree)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "said",
    [
        "jpeg_ldpc[mcs=auto, conceal=partial] jpeg2000_ldpc",
        ["jpeg_ldpc[mcs=auto,conceal=partial]", "jpeg2000_ldpc"],
        [{"name": "jpeg_ldpc", "mcs": "auto", "conceal": "partial"}, "jpeg2000_ldpc"],
    ],
)
def test_several_components(said):
    labels = [s.label for s in config(transmitter=said).transmitter]
    assert labels == ["jpeg_ldpc[mcs=auto,conceal=partial]", "jpeg2000_ldpc"]


def test_one_component_where_several_could_be():
    assert config(channel={"name": "awgn"}).channel == (ComponentSpec(name="awgn"),)


def test_grid_survives_the_command_line():
    # YAML alone would read 1:20:2 as an integer to base 60
    assert config("snr_db=1:20:2", "cbr=0.03").snr_db == tuple(range(1, 21, 2))


def test_a_grid_in_yaml_needs_no_quotes(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "source: photos\ntransmitter: t\nchannel: c\nsnr_db: 4:16:2\ncbr: 1:30:29\n"
    )
    loaded = load(path, [])
    assert loaded.snr_db == (4, 6, 8, 10, 12, 14, 16)
    assert loaded.cbr == (1, 30)


@pytest.mark.parametrize(
    "word",
    ["0:20", "abc", "0:nan:1", "0:inf:1", "0:20:0", "0:20:-2"]
    + ["1:2:3:4", "0:20:1e-9", "0:1:1e-320", "-1e308:1e308:1", "0,2", ":", "0:"],
)
@pytest.mark.parametrize("key", ["snr_db", "cbr"])
def test_malformed_grid(key, word):
    message = refusal(f"{key}={word}")
    form = "a grid is numbers or start:stop:step (stop reached from start, step not 0)"
    assert message == f"{key}: {form}, got {word!r}"


@pytest.mark.parametrize("value", ["", "  ", "null", "true"])
@pytest.mark.parametrize("key", ["snr_db", "cbr"])
def test_grid_of_nothing(key, value):
    assert refusal(f"{key}={value}").startswith(f"{key}: a grid ")


@pytest.mark.parametrize("empty", [[], (), {}, [[]], None])
def test_empty_grid(empty):
    message = refusal(snr_db=empty)
    assert message.startswith("snr_db: a grid ")
    assert ", got " in message


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("cbr=-1", "cbr must be greater than 0, got -1.0"),
        ("cbr=0.1 0", "cbr must be greater than 0, got 0.0"),
        ("snr_db=0 61", "snr_db must be at most 60, got 61.0"),
        ("cbr=nan", "cbr must be a finite number, got nan"),
        ("snr_db=0 -inf", "snr_db must be a finite number, got -inf"),
        ("seed=-1", "seed must be at least 0, got -1"),
        ("stop.images=0", "stop.images must be at least 1, got 0"),
        ("stop.draws=-2", "stop.draws must be at least 1, got -2"),
        ("stop.max_draws=0", "stop.max_draws must be at least 1, got 0"),
        ("stop.ci95=0", "stop.ci95 must be greater than 0, got 0"),
        ("stop.ci95=.inf", "stop.ci95 must be a finite number, got inf"),
        ("stop.ci95=nan", "stop.ci95 must be a finite number, got 'nan'"),
        (
            "cbr_mode=mean",
            "cbr_mode must be 'average', 'per_image' or 'causal', got",
        ),
        ("stop=3", "stop must be a mapping, got 3"),
    ],
)
def test_value_out_of_range(said, message):
    assert refusal(said).startswith(message)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("seed=abc", "seed must be an integer, got 'abc'"),
        ("seed=1.5", "seed must be an integer, got 1.5"),
        ("stop.draws=two", "stop.draws must be an integer, got 'two'"),
        ("stop.images.x=3", "stop.images must be an integer, got {'x': 3}"),
        ("stop.ci95=x", "stop.ci95 must be a number, got 'x'"),
        ("stop.metric=3", "stop.metric must be text; quotes make it one, got 3"),
        ("feedback.loss=1", "feedback.loss must be less than 1, got 1"),
        ("source=3", f"source: {COMPONENT}, got 3"),
        ("channel=", f"channel.0: {COMPONENT}, got None"),
    ],
)
def test_mistyped_value(said, message):
    assert refusal(said) == message


@pytest.mark.parametrize(
    ("said", "path", "hint"),
    [
        ("snr_dbs=3", "snr_dbs", "snr_db"),
        ("transmiter=x", "transmiter", "transmitter"),
        ("stop.imagess=3", "stop.imagess", "stop.images"),
        ("stop.max_draw=3", "stop.max_draw", "stop.max_draws"),
    ],
)
def test_unknown_key(said, path, hint):
    message = refusal(said)
    start = f"unknown configuration key {path!r}; did you mean {hint!r}? known: "
    assert message.startswith(start)
    assert hint in message.removeprefix(start).split(", ")


def test_unknown_key_that_resembles_none():
    message = refusal("qqqq=3")
    assert message.startswith("unknown configuration key 'qqqq'; known: source, ")
    assert message.endswith("seed, stop")


def test_a_mistyped_required_key_is_named_before_the_missing_one():
    tree = {key: value for key, value in TREE.items() if key != "snr_db"}
    with pytest.raises(InputError, match="'snr_bd'; did you mean 'snr_db'"):
        validate({**tree, "snr_bd": 3})


def test_missing_key():
    with pytest.raises(InputError, match="^cbr must be given, got nothing$"):
        validate({key: value for key, value in TREE.items() if key != "cbr"})


def test_unknown_key_of_a_component():
    message = refusal(channel={"name": "awgn", "params": {}, "argumnt": 1})
    hint = "did you mean 'channel.0.argument'? known: channel.0.name, "
    assert message.startswith(f"unknown configuration key 'channel.0.argumnt'; {hint}")


def test_keys_that_are_no_words():
    tree = {**TREE, 3: 4}
    with pytest.raises(InputError, match="^3 must be text; quotes make it one, got 3$"):
        validate(tree)


@pytest.mark.parametrize(
    ("said", "got"),
    [
        ("awgn[k]", "'k'"),
        ("awgn[k=1,k=2]", "'awgn[k=1,k=2]'"),
        ("folder:p[1]", "'1'"),
        ("awgn[k={]", "'k={'"),
        ("awgn[k=!!python/name:os.system]", "'k=!!python/name:os.system'"),
        ("awgn[", "'awgn['"),
        ("awgn[k=v", "'awgn[k=v'"),
        ("awgn]", "'awgn]'"),
        ("[k=v]", "'[k=v]'"),
        (":photos", "':photos'"),
    ],
)
def test_malformed_component(said, got):
    message = refusal(f"channel={said}")
    assert message.startswith("channel.0: ")
    assert message.endswith(f", got {got}")


def test_an_open_bracket_does_not_hide_what_follows():
    assert "got 'rayleigh[k=1 awgn'" in refusal("channel=rayleigh[k=1 awgn")


@pytest.mark.parametrize("item", ["foo", "=3", ""])
def test_override_without_key_and_value(item):
    assert refusal(item) == f"an override is key=value, got {item!r}"


def test_a_key_given_twice():
    message = refusal("stop.draws=3", "seed=1", "stop.draws=4")
    assert message == "stop.draws is given twice, got 'stop.draws=4'"


def test_override_below_a_value():
    message = refusal("cbr.low=3")
    assert message == "cbr.low: 'cbr' has no keys below it, got 'cbr.low=3'"


def test_overrides_leave_the_tree_alone():
    tree = {"stop": {"draws": 1}}
    assert apply_overrides(tree, ["stop.draws=4"]) == {"stop": {"draws": 4}}
    assert tree == {"stop": {"draws": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [("4", 4), ("0.5", 0.5), ("null", None), ("", None), ("true", True)]
    + [
        ("0:20:2", "0:20:2"),
        ("no", "no"),
        ("010", "010"),
        ("a b", "a b"),
        ("[1", "[1"),
        ("a=b", "a=b"),
    ],
)
def test_override_values(text, value):
    assert apply_overrides({}, [f"key={text}"]) == {"key": value}


def test_load(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "source: {name: folder, path: p}\ntransmitter: [jpeg_ldpc]\nchannel: awgn\n"
        "snr_db: '0:4:2'\ncbr: [0.01, 0.02]\nstop: {draws: 2}\n"
    )
    loaded = load(path, ["stop.images=3", "snr_db=7"])
    assert loaded.source.params == {"path": "p"}
    assert (loaded.snr_db, loaded.cbr) == ((7,), (0.01, 0.02))
    assert (loaded.stop.draws, loaded.stop.images, loaded.seed) == (2, 3, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- a\n- b\n", "must be a mapping, got ['a', 'b']"),
        (b"", "must be a mapping, got None"),
        (b"just words", "must be a mapping, got 'just words'"),
        (b"a: [1,\nb: {", "is not YAML: "),
        (b"\xff\xfe\x00", "is not YAML: "),
        (b"a: \x00", "is not YAML: "),
        (
            b"seed: 1\nstop:\n  draws: 2\nstop:\n  images: 1\n",
            "is not YAML: the key 'stop' is given twice at line 4, column 1",
        ),
    ],
)
def test_file_that_is_no_configuration(tmp_path, content, message):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(path, [])
    assert str(caught.value).startswith(f"configuration {path} {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reason"), [("gone.yaml", "No such file"), (".", "Is a directory")]
)
def test_file_that_cannot_be_read(tmp_path, name, reason):
    path = tmp_path / name
    with pytest.raises(
        InputError, match=f"^cannot read configuration {path}: {reason}"
    ):
        load(path, [])


def test_links_are_every_combination_once():
    links = config(transmitter="a b a", channel="x y x").links()
    pairs = [(link.transmitter.label, link.channel.label) for link in links]
    assert pairs == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_models_are_frozen():
    sweep = config()
    link = sweep.links()[0]
    for model, key in [(sweep, "seed"), (sweep.stop, "draws"), (link, "task")]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, key, 3)
    with pytest.raises(ValidationError, match="frozen"):
        sweep.source.name = "other"


def test_models_refuse_what_they_do_not_know():
    with pytest.raises(ValidationError, match="extra"):
        LinkConfig(source="s", transmitter="t", channel="c", noise=3)


def test_two_files_of_one_name_are_told_apart_or_refused():
    twice = config(transmitter="a/tx.py a/tx.py")
    assert len(twice.links()) == 1
    for key in ("transmitter", "channel"):
        with pytest.raises(InputError, match="differ, got 'a/tx.py' and 'b/tx.py'"):
            config(**{key: "a/tx.py b/tx.py"}).links()
    assert len(config(transmitter="a/tx.py b/tx.py[k=1]").links()) == 2
