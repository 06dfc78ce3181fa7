// The figures below the cells: named and marked as the reader chose, drawn when they come near or when idle.
"use strict";
report.figures = (() => {
  const { data, state, by } = report;
  const drawn = new Map();
  const along = (name) => (data.figures[name].layout.meta || {}).clusters;

  const bands = (name) => {
    const own = data.figures[name].layout.shapes || [];
    if (along(name) !== "x") return own;
    const line = { color: report.theme().accent, width: 2 };
    return [...own, ...[...state.clusters].map((k) => ({ type: "rect", xref: "x", yref: "paper", x0: k - 0.5, x1: k + 0.5, y0: 0, y1: 1, line, layer: "above" }))];
  };

  // traces and layout with the reader's names and today's colours
  const prepared = (name) => {
    const { data: traces, layout } = structuredClone(data.figures[name]);
    const names = data.clusters.names.map((_, k) => report.text(report.clusterName(k)));
    const theme = report.theme();
    if (along(name) === "x") layout.xaxis.ticktext = names;
    if (along(name) === "traces") traces.forEach((trace, k) => { trace.name = names[k]; });
    if (along(name) === "nodes") {
      const nodes = traces.at(-1);
      nodes.text = names;
      if (names.some((name) => name.length > 2)) Object.assign(nodes, { textposition: "top center", textfont: { color: theme.ink, size: 12 }, cliponaxis: false });
      nodes.marker.opacity = names.map((_, k) => (!state.clusters.size || state.clusters.has(k) ? 1 : 0.18));
    }
    const ramp = report.ramp();
    for (const { marker } of traces) if (marker && marker.colorbar) marker.colorscale = ramp.map((c, i) => [i / (ramp.length - 1), c]);
    for (const trace of traces.filter((t) => t.type === "sankey")) {
      trace.textfont = { color: theme.ink, size: 13 };
      trace.link.line = { color: theme.soft, width: 0.6 };
      trace.node.line = { color: theme.card, width: 1 };
    }
    return { traces, layout: report.layout({ ...layout, template: undefined, shapes: bands(name) }) };
  };

  const draw = (name) => {
    const place = by(`figure-${name}`), { traces, layout } = prepared(name);
    drawn.set(name, place);
    const done = Plotly.newPlot(place, traces, layout, report.config);
    const { genes } = data.figures[name].layout.meta || {};
    if (genes) place.on("plotly_click", (event) => report.gene(genes[event.points[0].y]));
    return done;
  };
  const left = () => Object.keys(data.figures).filter((name) => !drawn.has(name));
  const drawAll = () => Promise.all(left().map(draw));

  const idle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
  const goOn = () => { if (left().length) idle(() => { if (left().length) draw(left()[0]); goOn(); }); };
  const watch = () => {
    const seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        const name = target.id.slice("figure-".length);
        if (isIntersecting && !drawn.has(name)) draw(name);
      }
    }, { rootMargin: "500px" });
    for (const name of left()) seen.observe(by(`figure-${name}`));
    goOn();
  };

  for (const [name, { layout }] of Object.entries(data.figures)) by(`figure-${name}`).style.height = `${layout.height || 340}px`;
  report.on("selection", () => { for (const name of drawn.keys()) if (["x", "nodes"].includes(along(name))) draw(name); });
  report.on("names", () => { for (const name of drawn.keys()) if (along(name)) draw(name); });
  report.on("theme", () => Promise.all([...drawn.keys()].map(draw)));
  return { watch, draw, drawAll, prepared, drawn };
})();
report.drawAll = report.figures.drawAll;
