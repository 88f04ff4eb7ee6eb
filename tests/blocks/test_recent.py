"""The cache keeps the most recently used values, up to its limit."""

from blocks.recent import Recent


def test_a_value_is_made_once_and_the_oldest_goes_first():
    made, kept = [], Recent(2)

    def value(key):
        return kept(key, lambda: made.append(key) or 10 * key)

    assert [value(k) for k in (1, 2, 1, 3, 1, 2)] == [10, 20, 10, 30, 10, 20]
    assert made == [1, 2, 3, 2]  # 2 went when 3 came, for 1 was used after it


def test_large_values_make_room_for_themselves_and_one_is_always_kept():
    made, kept = [], Recent(10, len)

    def value(length):
        return kept(length, lambda: made.append(length) or "x" * length)

    for length in (3, 4, 3, 5, 4, 20, 20):
        assert len(value(length)) == length
    # 5 took the place of 4, then 4 those of 3 and 5, and 20 that of all
    assert made == [3, 4, 5, 4, 20]


def test_after_clear_all_is_made_again():
    kept = Recent(2)
    assert kept("a", lambda: 1) == kept("a", lambda: 2) == 1
    kept.clear()
    assert kept("a", lambda: 2) == 2
