"""Writes the golden tensors that tests/golden.rs compares with.

    python tests/golden/make_golden.py        # needs torch >= 2.0 and safetensors

Each case is a plain torch.nn.LSTM, or torch.nn.GRU, with a linear head, run once forward and backward, then trained
for ten AdamW steps (with gradient clipping) on the same batch. Everything is seeded; rerunning with
the same torch gives the same files.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent

# name: rows, steps, features, hidden, layers, directions, bias, outputs, head reads, initial state
CASES = {
    "one_layer": (5, 7, 3, 8, 1, 1, True, 2, "last", False),
    "two_layers": (5, 7, 3, 8, 2, 1, True, 2, "last", False),
    "bidirectional": (4, 6, 3, 8, 1, 2, True, 2, "sequence", False),
    "two_layers_bidirectional": (4, 6, 3, 8, 2, 2, True, 2, "last", True),
    "no_bias": (5, 7, 3, 8, 2, 1, False, 2, "sequence", False),
    "one_step": (6, 1, 4, 8, 2, 1, True, 3, "last", True),
    "one_row": (1, 9, 4, 8, 1, 1, True, 1, "sequence", True),
    "odd_sizes": (7, 5, 5, 19, 2, 1, True, 3, "sequence", True),
    "odd_sizes_bidirectional": (3, 5, 1, 17, 2, 2, True, 1, "sequence", True),
    "wide": (13, 4, 7, 33, 1, 1, True, 2, "last", False),
    "gru_one_layer": (5, 7, 3, 8, 1, 1, True, 2, "last", False),
    "gru_two_layers_bidirectional": (4, 6, 3, 8, 2, 2, True, 2, "sequence", True),
    "gru_no_bias": (5, 7, 3, 8, 2, 1, False, 2, "sequence", False),
    "gru_odd_sizes": (7, 5, 5, 19, 2, 1, True, 3, "last", True),
    "gru_wide": (13, 4, 7, 33, 1, 1, True, 2, "sequence", False),
}

OPTIMISER = {"lr": 0.01, "weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}
MAX_NORM = 0.5


class RegLSTM(torch.nn.Module):
    def __init__(self, cell, features, hidden, layers, directions, bias, outputs):
        super().__init__()
        self.rnn = cell(
            features, hidden, layers, bias=bias, bidirectional=directions == 2, batch_first=True
        )
        self.reg = torch.nn.Sequential(torch.nn.Linear(directions * hidden, outputs))

    def forward(self, x, state, reads):
        # A GRU has one state; it stands for both.
        gru = isinstance(self.rnn, torch.nn.GRU)
        output, ends = self.rnn(x, state[0] if gru and state else state)
        h_n, c_n = (ends, ends) if gru else ends
        y = self.reg(output if reads == "sequence" else output[:, -1])
        return y, output, h_n, c_n


def make(index, name, case):
    rows, steps, features, hidden, layers, directions, bias, outputs, reads, with_state = case
    torch.manual_seed(1000 + index)
    gru = name.startswith("gru")
    model = RegLSTM(torch.nn.GRU if gru else torch.nn.LSTM, features, hidden, layers, directions, bias, outputs)
    x = torch.randn(rows, steps, features, requires_grad=True)
    target = torch.randn((rows, steps, outputs) if reads == "sequence" else (rows, outputs))
    state = None
    if with_state:
        state = tuple(
            (0.5 * torch.randn(layers * directions, rows, hidden)).requires_grad_() for _ in range(1 if gru else 2)
        )
    tensors = {"x": x, "target": target}
    tensors.update(model.state_dict())
    y, output, h_n, c_n = model(x, state, reads)
    loss = torch.nn.functional.mse_loss(y, target)
    loss.backward()
    tensors.update(output=output, h_n=h_n, c_n=c_n, y=y, loss=loss.reshape(1))
    tensors["grad.x"] = x.grad
    if state is not None:
        for key, value in zip(("h_0", "c_0"), state):
            tensors[key] = value
            tensors["grad." + key] = value.grad
    for key, value in model.named_parameters():
        tensors["grad." + key] = value.grad
    tensors = {k: v.detach().clone().contiguous() for k, v in tensors.items()}

    optimiser = torch.optim.AdamW(model.parameters(), **OPTIMISER)
    losses, norms = [], []
    fixed = None if state is None else tuple(s.detach() for s in state)
    for _ in range(10):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x.detach(), fixed, reads)[0], target)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM).item())
        optimiser.step()
        losses.append(loss.item())
    tensors["adamw.losses"] = torch.tensor(losses)
    tensors["adamw.norms"] = torch.tensor(norms)
    for key, value in model.named_parameters():
        tensors["adamw." + key] = value.detach().clone()

    about = {
        "features": features, "hidden": hidden, "layers": layers, "bidirectional": directions == 2,
        "bias": bias, "reads": reads, "torch": torch.__version__,
        "lr": OPTIMISER["lr"], "weight_decay": OPTIMISER["weight_decay"], "max_norm": MAX_NORM,
    }
    save_file(tensors, HERE / f"{name}.safetensors", {k: json.dumps(v) for k, v in about.items()})


for index, (name, case) in enumerate(CASES.items()):
    make(index, name, case)
