"""What two processes of the tests do; a module of its own, so that they need not import the tests."""

import copy
from pathlib import Path

import torch

from scrcl_geo.train import Ranks, fit

SEED = 5


def one_step(rank: int, folder: str) -> None:
    """Take part in one epoch and write down the gradients, the weights and the log."""
    torch.set_num_threads(1)
    there = Path(folder)
    module, objective, batches, settings = torch.load(there / "parts", weights_only=False)
    ranks = Ranks.join(f"file://{there / 'meeting'}", rank, 2)
    if rank == 1:
        with torch.no_grad():  # its own weights do not count
            next(iter(module.parameters())).zero_()
    torch.manual_seed(SEED)
    log = fit(module, objective, batches[rank], settings, ranks=ranks, progress=False)
    ranks.leave()
    torch.save((gradients(module), module.state_dict(), log.losses, log.held_out), there / f"result{rank}")


def gradients(module):
    """What the last step went by, by name."""
    return {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


def in_one_process(module, objective, batches, settings):
    """The same epoch in one process: gradients of the batches are added up, weighted by their cells."""
    torch.manual_seed(SEED)
    hidden = settings.masking(copy.copy(batches[0][0]))
    with torch.no_grad(), torch.random.fork_rng():
        objective.eval()(module.eval()(hidden), hidden)  # parts that take their sizes from the first batch
    modules = torch.nn.ModuleList([module, objective]).train()
    optimizer = torch.optim.AdamW(modules.parameters(), lr=settings.learning_rate, weight_decay=0)
    for step in range(len(batches[0])):
        optimizer.zero_grad()
        group = [own[step] for own in batches]
        n_cells = sum(len(batch["cell"].x) for batch in group)
        for rank, batch in enumerate(group):
            Ranks(rank, 2).seed(SEED, 0)
            data = settings.masking(copy.copy(batch))
            loss = sum(objective(module(data), data).values())
            (loss * len(batch["cell"].x) / n_cells).backward()
        torch.nn.utils.clip_grad_norm_(modules.parameters(), settings.max_grad_norm)
        optimizer.step()
    return gradients(module)
