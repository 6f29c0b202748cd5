// From logits to probabilities, and from times to a median with its 95 % interval.

export function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

export function highest(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

// [median, low, high]: the ranks between which the true median lies in 95 of 100 repetitions. Each value is above the
// median with chance one half, so the ranks follow from coin tosses (here by their bell curve).
export function medianInterval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const half = (1.96 * Math.sqrt(n)) / 2;
  const low = Math.max(0, Math.floor(n / 2 - half) - 1);
  const high = Math.min(n - 1, Math.ceil(n / 2 + half));
  return [(sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2, sorted[low], sorted[high]];
}

// How far two lists of logits are apart, and how often both name the same class; a number that is none is infinitely far.
export function agreement(ours, theirs, classes) {
  let largest = 0;
  ours.forEach((value, i) => {
    const difference = Math.abs(value - theirs[i]);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  });
  let same = 0;
  for (let start = 0; start < ours.length; start += classes) {
    const [here, there] = [ours, theirs].map((all) => highest([...all.slice(start, start + classes)]));
    same += here === there;
  }
  return { largest, same };
}
