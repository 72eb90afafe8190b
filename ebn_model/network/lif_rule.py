"""The rule of RuleParameters, compiled: what a spike of k does to the weights of what k sends."""

from ebn_model.network.lif_arrays import UPDATES, compiled


@compiled
def learn(k, step, v, cells, rule, activity, record):
    """Move what k sends, and its reset; v: after the reset, before the kick."""
    for n in range(len(v)):
        seen = v[n] - activity.v_rest[n] if rule.subtract_rest else v[n]
        if n == k:
            x = 2 * seen + (activity.v_reset[k] + cells.threshold[k])
        else:
            x = 2 * seen + activity.weights[n, k] * rule.seen[n, k] * rule.gain
        direction = int(x < -rule.dead_zone[n]) - int(x > rule.dead_zone[n])
        if direction == 0:
            continue
        change = _reset_step(k, direction, rule, activity) if n == k else 0.0
        if n != k and not rule.stuck[n, k]:
            change = _count(k, n, direction, rule, activity)
        if change != 0:
            update = record.count[UPDATES]
            record.update_step[update], record.delta[update] = step, change
            record.post[update], record.pre[update] = n, k
            record.count[UPDATES] = update + 1


@compiled
def _reset_step(k, direction, rule, activity):
    """Move the reset and the rest of k; the change in V."""
    if not rule.diagonal:
        return 0.0
    change = direction * rule.diagonal_step
    activity.v_reset[k] += change
    activity.v_rest[k] += change
    return change


@compiled
def _count(k, n, direction, rule, activity):
    """Move the counter of a weight; by how much the weight changes."""
    counted = activity.fraction[n, k] + direction
    if 0 <= counted < rule.counts:
        activity.fraction[n, k] = counted
        return 0.0
    change = direction * rule.lsb
    if not rule.lowest <= activity.weights[n, k] + change <= rule.highest:
        return 0.0
    activity.weights[n, k] += change
    activity.sent[k, n] = activity.weights[n, k] * rule.synapse[n, k]
    activity.fraction[n, k] = counted - direction * rule.counts
    return change
