// What the reader has chosen, and who must know when it changes.
"use strict";
(() => {
  const { data } = report;
  report.state = {
    colour: 0,              // position in data.columns
    clusters: new Set(),    // selected ones
    lasso: null,            // { view, polygons, cells }
    slides: [],             // one sample alone, or two beside each other
    names: [...data.clusters.given],
    image: 0.6,             // opacity of the tissue image
    zoom: {},               // [x0, x1, y0, y1] by view
  };

  const acts = {};
  report.on = (what, act) => (acts[what] ??= []).push(act);
  report.changed = (what, from) => Promise.all((acts[what] ?? []).map((act) => act(from)));

  report.clusterName = (k) => report.state.names[k] || data.clusters.names[k];
  report.clusterOf = report.decode(data.columns[0].codes, Uint16Array);

  // positions of the selected cells; null for all
  report.selected = () => {
    const { lasso, clusters } = report.state;
    if (lasso) return lasso.cells;
    if (!clusters.size) return null;
    const found = [];
    report.clusterOf.forEach((k, i) => { if (clusters.has(k)) found.push(i); });
    return found;
  };
})();
