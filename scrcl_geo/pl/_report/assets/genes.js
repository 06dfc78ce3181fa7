// Expression of every gene, unpacked from its block when it is asked for.
"use strict";
report.genes = (() => {
  const { data } = report;
  const { names, aliases, owners, block, sample } = data.genes;
  const n = data.cells.length;
  const low = report.decode(data.genes.low, Float32Array), high = report.decode(data.genes.high, Float32Array);
  const gapBytes = report.decode(data.genes.gaps, Uint32Array), valueBytes = report.decode(data.genes.values, Uint32Array);
  const cells = sample && report.decode(sample, Uint32Array);
  const at = new Map(names.map((name, g) => [name, g]));
  const unpacked = new Map();

  const parsed = new Promise((done) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", done); else done();
  });
  const unpack = async (b) => {
    await parsed;
    if (unpacked.size > 16) unpacked.delete(unpacked.keys().next().value);
    if (!unpacked.has(b)) unpacked.set(b, await report.inflate(report.by(`genes-${b}`).textContent));
    return unpacked.get(b);
  };

  // a step from 0 to 254 per cell; 255 for a cell that the page does not hold the gene of
  const steps = async (g) => {
    const b = Math.floor(g / block), last = Math.min((b + 1) * block, names.length);
    const bytes = await unpack(b);
    let gap = 0, value = 0;
    for (let i = b * block; i < last; i++) { value += gapBytes[i]; if (i < g) { gap += gapBytes[i]; value += valueBytes[i]; } }
    const zero = high[g] > low[g] ? Math.round((254 * -low[g]) / (high[g] - low[g])) : 0;
    const of = cells && g >= owners.length ? cells : null;
    const found = new Uint8Array(n).fill(of ? 255 : zero);
    if (of) for (const i of of) found[i] = zero;
    let cell = -1;
    for (const end = gap + gapBytes[g]; gap < end; gap++) {
      cell += bytes[gap];
      if (bytes[gap] === 255) continue;
      cell++;
      found[of ? of[cell] : cell] = bytes[value++];
    }
    return found;
  };

  // the gene as one of data.columns
  const column = async (g) => {
    const known = data.columns.findIndex((c) => c.gene === g);
    if (known >= 0) return known;
    const decoded = await steps(g);
    return data.columns.push({ kind: "number", name: names[g], label: "log expression", gene: g, low: low[g], high: high[g], decoded }) - 1;
  };

  // the best matches: whole names, then beginnings, then parts
  const find = (text, most = 12) => {
    const sought = text.trim().toLowerCase(), ranks = [[], [], []];
    if (!sought) return [];
    for (let g = 0; g < names.length && ranks[0].length + ranks[1].length < 200; g++) {
      let best = 3;
      for (const name of aliases ? [names[g], aliases[g]] : [names[g]]) {
        const where = name.toLowerCase().indexOf(sought);
        if (where >= 0) best = Math.min(best, name.length === sought.length ? 0 : where ? 2 : 1);
      }
      if (best < 3) ranks[best].push(g);
    }
    const shortest = (a, b) => names[a].length - names[b].length;
    return [...ranks[0], ...ranks[1].sort(shortest), ...ranks[2].sort(shortest)].slice(0, most);
  };
  const label = (g) => (aliases && aliases[g] !== names[g] ? `${names[g]} (${aliases[g]})` : names[g]);
  return { names, owners, column, find, label, at: (name) => at.get(name), sampled: (g) => (cells && g >= owners.length ? cells.length : n) };
})();
