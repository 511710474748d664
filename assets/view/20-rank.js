/* The view's arithmetic: pure functions of numbers, no DOM, no state; checked in the browser against Python's. */
(function (Libra) {
  'use strict';

  const FIXED_POINT = 32767; // a similarity of 1
  const LOWEST = 32768; // so that LOWEST + int16 is never negative
  const INT16_SPAN = 65536;
  const MOST_CANDIDATES = 2 ** 20; // (score, score, index) packs into the 53 whole bits of a double

  /** Index of the last rung that is not above `dimension`; the first where all are. rungs: ascending. */
  function rungIndex(rungs, dimension) {
    let index = 0;
    while (index + 1 < rungs.length && rungs[index + 1] <= dimension) index += 1;
    return index;
  }
  /** Part `index` of `size` values of a flat array, without copying. */
  const slice = (values, index, size) => values.subarray(index * size, (index + 1) * size);

  /** Indices of `scores` (int16), best first, equal scores by index. Int32Array. */
  function order(scores) {
    const keys = new Float64Array(scores.length); // sorted as numbers: far faster than with a comparing function
    for (let i = 0; i < scores.length; i += 1) keys[i] = (FIXED_POINT - scores[i]) * MOST_CANDIDATES + i;
    keys.sort();
    return Int32Array.from(keys, (key) => key % MOST_CANDIDATES);
  }
  /** The place, from 0, of each index in `sorted`: the inverse of `order`. */
  function ranks(sorted) {
    const places = new Int32Array(sorted.length);
    for (let place = 0; place < sorted.length; place += 1) places[sorted[place]] = place;
    return places;
  }
  /** Places gained (positive) or lost (negative) by something that was at `before` and is at `now`. */
  const gained = (before, now) => before - now;

  /** How many of the first k of one order are among the first k of the other. */
  function overlap(first, second, k) {
    const size = Math.min(k, first.length);
    const top = new Set(first.subarray(0, size));
    let shared = 0;
    for (let place = 0; place < size; place += 1) if (top.has(second[place])) shared += 1;
    return shared;
  }

  const pairs = (n) => (n * (n - 1)) / 2;

  /** Pairs that are out of order in `values`, counted while merging (it is sorted afterwards). */
  function inversions(values) {
    let from = values;
    let to = new Int32Array(values.length);
    let count = 0;
    for (let width = 1; width < values.length; width *= 2) {
      for (let start = 0; start < values.length; start += 2 * width) {
        const middle = Math.min(start + width, values.length);
        const end = Math.min(start + 2 * width, values.length);
        let left = start;
        let right = middle;
        for (let at = start; at < end; at += 1) {
          if (left < middle && (right >= end || from[left] <= from[right])) to[at] = from[left++];
          else {
            count += middle - left;
            to[at] = from[right++];
          }
        }
      }
      [from, to] = [to, from];
    }
    return { count, sorted: from };
  }
  /** Pairs of equal neighbours in runs of a sorted array. */
  function tiedPairs(sorted) {
    let tied = 0;
    for (let start = 0, at = 1; at <= sorted.length; at += 1) {
      if (at === sorted.length || sorted[at] !== sorted[start]) {
        tied += pairs(at - start);
        start = at;
      }
    }
    return tied;
  }
  /** Kendall's tau-b of two rows of int16 scores (Knight's n log n way); NaN where a row has one value only. */
  function kendall(first, second) {
    const n = first.length;
    const keys = new Float64Array(n);
    for (let i = 0; i < n; i += 1) keys[i] = (LOWEST + first[i]) * INT16_SPAN + (LOWEST + second[i]);
    keys.sort();
    const tiedBoth = tiedPairs(keys);
    const tiedFirst = tiedPairs(Int32Array.from(keys, (key) => Math.floor(key / INT16_SPAN)));
    const { count, sorted } = inversions(Int32Array.from(keys, (key) => key % INT16_SPAN));
    const tiedSecond = tiedPairs(sorted);
    const all = pairs(n);
    const balance = all - tiedFirst - tiedSecond + tiedBoth - 2 * count;
    return balance / Math.sqrt((all - tiedFirst) * (all - tiedSecond));
  }

  /** For each k: the first rung from which on, at every larger one, the top k holds the same candidates as the last rung. */
  function stableRungs(rows, ks) {
    const last = rows.length - 1;
    const full = order(rows[last]);
    const found = ks.map(() => last);
    const open = ks.map(() => true);
    for (let rung = last - 1; rung >= 0 && open.includes(true); rung -= 1) {
      const here = order(rows[rung]);
      ks.forEach((k, i) => {
        open[i] = open[i] && overlap(full, here, k) === Math.min(k, full.length);
        if (open[i]) found[i] = rung;
      });
    }
    return found;
  }

  /** Percentile 0 … 100 of `value` among quantiles (ascending, 0 … 100 %), linear between two of them. */
  function percentile(quantiles, value) {
    const last = quantiles.length - 1;
    if (value < quantiles[0]) return 0;
    if (value >= quantiles[last]) return 100;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (quantiles[middle] <= value) low = middle;
      else high = middle;
    }
    return ((low + (value - quantiles[low]) / (quantiles[high] - quantiles[low])) * 100) / last;
  }

  /** How the expected answer fares: its rank from 1 (after its equals: nobody is right by a tie), and by what margin
      it leads or trails the best other one, in int16 steps. */
  function judge(scores, gold) {
    let rank = 1;
    let best = -Infinity;
    for (let i = 0; i < scores.length; i += 1) {
      if (i === gold) continue;
      if (scores[i] >= scores[gold]) rank += 1;
      if (scores[i] > best) best = scores[i];
    }
    return { rank, right: rank === 1, margin: scores.length > 1 ? scores[gold] - best : 0 };
  }

  /** [low, high]: the values that cut off `share` of the array at either end, for a colour scale. */
  function range(values, share = 0.005) {
    const sorted = values.slice().sort();
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    return [at(share), at(1 - share)];
  }
  /** {mean, deviation} of an array; the deviation is never 0, so that one can divide by it. */
  function moments(values) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < values.length; i += 1) {
      sum += values[i];
      squares += values[i] * values[i];
    }
    const mean = sum / values.length;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) || 1 };
  }
  /** (a − mean)/deviation − the same of b, into `out`: models spread their cosines differently, so each is brought to
      its own mean and deviation before they are taken from each other. */
  function standardDifference(a, b, out) {
    const first = moments(a);
    const second = moments(b);
    for (let i = 0; i < a.length; i += 1) {
      out[i] = (a[i] - first.mean) / first.deviation - (b[i] - second.mean) / second.deviation;
    }
    return out;
  }

  Libra.rank = {
    FIXED_POINT, rungIndex, slice, order, ranks, gained, overlap, kendall, stableRungs, percentile, judge, range,
    moments, standardDifference,
  };
})((window.Libra = window.Libra || {}));
