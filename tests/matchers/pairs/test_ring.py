"""Rings of rows: golden order, ends, and what is written when."""

import torch

from matchzoo.matchers.pairs.ring import Ring, enqueue


def test_golden_order_past_the_end(golden):
    values = {key: torch.from_numpy(array) for key, array in golden("self_targets.npz").items() if "nce_queue" in key}
    rows, place = values["nce_queue"], torch.tensor(0)
    for added, after, pointer in zip(
        values["nce_queue_keys"], values["nce_queue_after"], values["nce_queue_pointer"], strict=True
    ):
        rows, place = enqueue(rows, place, added)
        assert torch.equal(rows, after)
        assert place == pointer


def test_of_more_rows_than_there_is_room_the_last_stay():
    rows = torch.arange(7.0)[:, None]
    one_by_one, place = torch.zeros(3, 1), torch.tensor(2)
    for row in rows:
        one_by_one, place = enqueue(one_by_one, place, row[None])
    at_once, end = enqueue(torch.zeros(3, 1), torch.tensor(2), rows)
    assert torch.equal(at_once, one_by_one)
    assert end == place == 0


def test_rows_are_units_at_first_and_change_when_they_are_written():
    ring = Ring(4, 3, torch.Generator().manual_seed(0))
    before = ring.rows.clone()
    torch.testing.assert_close(before.norm(dim=1), torch.ones(4))
    ring.keep_aside(torch.ones(2, 3))
    assert torch.equal(ring.rows, before)
    for _ in range(2):  # the second time there is nothing left to write
        ring.write()
        assert torch.equal(ring.rows[:2], torch.ones(2, 3))
        assert torch.equal(ring.rows[2:], before[2:])
        assert ring.place == 2
