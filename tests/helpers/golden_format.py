"""The golden data's format, and the cases that the project ships in it.

`python tests/helpers/golden_format.py` makes golden/golden_*.npz anew, by the reference alone.
"""

from pathlib import Path

import numpy as np
import reference

from ebn_model.lif.construction import optimal_reset, optimal_weights, round_to_grid, thresholds
from ebn_model.network.decoder import random_decoder
from ebn_model.network.inputs import smoothed_noise
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters, TaskParameters
from ebn_model.network.results import LearnedState

FOLDER = Path(__file__).resolve().parents[1] / "model" / "network" / "golden"
MEMBRANE_ROWS = 300
"""Of v_after_step that the files hold, to be small."""

CASES = {
    "learning": {"neurons": 7, "bits": 5, "steps": 1000},
    "features": {
        "neurons": 5,
        "inputs": 3,
        "slow": 6.0,
        "bias": 0.3,
        "rest": 0.2,
        "refractory": 1.5e-3,
        "rule": {"margin": 0.2, "diagonal_step": 0.07},
        "full_scale": 24.0,
    },
    "inference": {"neurons": 12, "learn": False, "steps": 700, "slow": 3.0},
    "one_neuron": {"neurons": 1, "inputs": 1, "refractory": 3e-3, "bias": 0.1},
    "coarse_step": {"neurons": 6, "inputs": 2, "dt": 2.5e-4, "tau_mem": 20e-3, "steps": 900},
    "odd_granularity": {"neurons": 10, "inputs": 4, "full_scale": 0.3 * 32, "steps": 800},
}
"""Changes of NetworkParameters; slow, bias, rest: deviation of slow weights, bias, v_rest."""


def golden_case(
    seed, learn=True, steps=1200, slow=0.0, bias=0.0, rest=0.0, inputs=2, **changes
) -> dict[str, np.ndarray]:
    """One run of the reference, as the arrays and scalars of a golden file."""
    p = NetworkParameters(inputs=inputs, **changes)
    stream = np.random.default_rng(seed)
    count = p.neurons
    decoder = random_decoder(p, stream)
    task = TaskParameters(duration=steps * p.dt, smoothing=10e-3)
    command = np.vstack([smoothed_noise(task, inputs, p.dt, stream), np.zeros((1, inputs))])
    # Half of the optimal weights: a network that learns, and doesn't run away.
    start = round_to_grid(optimal_weights(decoder, p) / 2, p.lsb)
    state = LearnedState(
        weights=start,
        fraction=np.zeros((count, count), dtype=int),
        v_reset=rest * stream.standard_normal(count) - 0.1 * (rest > 0),
        v_rest=rest * stream.standard_normal(count),
    )
    slow_weights = slow * stream.standard_normal((count, count))
    current = bias * stream.standard_normal(count)
    drive = reference.static_input(command, decoder, p)
    limits = thresholds(decoder, p)
    run = reference.simulate(
        p, limits, state, Mismatch.none(count), drive, learn, slow_weights, current
    )
    spikes, times = run.spikes, np.array(run.step_times)
    updates = np.array(run.updates).reshape(-1, 4)
    arrays = {
        "input_command": command,
        "static_input": drive,
        "D": decoder,
        "weights_in": decoder * p.tau_mem,
        "weights_out": decoder.T,
        "weights_fast_init": state.weights,
        "weights_slow": slow_weights,
        "bias": current,
        "v_thresh": limits,
        "v_reset_init": state.v_reset,
        "v_rest_init": state.v_rest,
        "omega_optimal": optimal_weights(decoder, p),
        "optimal_reset": optimal_reset(decoder, p),
        "step_times": times,
        "step_channels": np.array(run.step_channels),
        "spike_times": times[spikes],
        "spike_neurons": np.array(run.step_channels)[spikes],
        "spike_step_index": spikes,
        "v_after_step": np.array(run.v_after_step)[:MEMBRANE_ROWS],
        "v_final_state": run.final[0],
        "I_fast_final": run.final[1],
        "I_slow_final": run.final[2],
        "v_last_at_spike": np.empty((0, count)),
        "upd_time": updates[:, 0],
        "upd_n": updates[:, 1].astype(int),
        "upd_k": updates[:, 2].astype(int),
        "upd_delta": updates[:, 3],
        "upd_spike_index": np.searchsorted(times[spikes], updates[:, 0]),
        "weights_fast_final": run.weights,
        "v_reset_final": run.v_reset,
        "v_rest_final": run.v_rest,
        "output_times": np.arange(steps + 1) * p.dt,
        "output": reference.decoded(run, decoder.T, steps, p.dt, p.tau_out),
    }
    scalars = {
        "N": count,
        "Nx": inputs,
        "dt": p.dt,
        "num_timesteps": steps,
        "seed": seed,
        "tau_mem": p.tau_mem,
        "tau_syn_fast": p.tau_fast,
        "tau_syn_slow": p.tau_slow,
        "tau_syn_out": p.tau_out,
        "granularity": p.lsb,
        "margin": p.rule.margin,
        "dreset": p.rule.diagonal_step,
        "refractory": p.refractory or -np.finfo(float).eps,
        "training": learn,
        "noise_std": 0.0,
        "min_delta": p.dt / 10,
    }
    return {name: np.array(value) for name, value in (scalars | arrays).items()}


if __name__ == "__main__":
    for number, (name, changes) in enumerate(CASES.items()):
        np.savez_compressed(FOLDER / f"golden_{name}.npz", **golden_case(seed=number, **changes))
