// The linked views: one point per cell, drawn the same in tissue and UMAP.
"use strict";
report.views = (() => {
  const { data, state, by, element } = report;
  const n = data.cells.length;
  const touch = matchMedia("(pointer: coarse)").matches;
  const views = [];

  const extent = (values) => {
    let low = Infinity, high = -Infinity;
    for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
    return low <= high ? [low, high] : [0, 1];
  };
  // the window of a view as it opens
  const home = (view) => {
    if (state.zoom[view.id]) return state.zoom[view.id];
    if (view.box) return view.box;
    const [x0, x1] = extent(view.x), [y0, y1] = extent(view.y), dx = 0.03 * (x1 - x0 || 1), dy = 0.03 * (y1 - y0 || 1);
    return view.tissue ? [x0 - dx, x1 + dx, y1 + dy, y0 - dy] : [x0 - dx, x1 + dx, y0 - dy, y1 + dy];
  };

  // about as wide as the cells lie apart at this zoom
  const size = (view, [x0, x1, y0, y1]) => {
    const [left, right] = x0 < x1 ? [x0, x1] : [x1, x0], [low, high] = y0 < y1 ? [y0, y1] : [y1, y0];
    const x = [], y = [];
    for (let i = 0; i < n; i++) {
      if (view.x[i] >= left && view.x[i] <= right && view.y[i] >= low && view.y[i] <= high) { x.push(view.x[i]); y.push(view.y[i]); }
    }
    const [a, b] = extent(x), [c, d] = extent(y);
    const scale = Math.min(view.plot.clientWidth / (right - left), view.plot.clientHeight / (high - low)) || 1;
    const apart = scale * Math.sqrt(((b - a) * (d - c)) / Math.max(x.length, 1));
    return Math.min(14, Math.max(1.7, apart * (view.tissue ? 0.78 : 0.42)));
  };

  const trace = (view) => ({
    type: "scattergl", mode: "markers", x: view.x, y: view.y, hoverinfo: "none",
    marker: { ...report.marker(), size: size(view, home(view)), opacity: 1, line: { width: 0 } },
    unselected: { marker: { opacity: 0.1 } }, selected: { marker: { opacity: 1 } },
    selectedpoints: report.selected(),
  });
  const images = (view) => view.images.map((i) => ({ ...i, xref: "x", yref: "y", yanchor: "top", sizing: "stretch", layer: "below", opacity: state.image }));
  const layout = (view) => {
    const theme = report.theme(), [x0, x1, y0, y1] = home(view);
    const bare = { visible: false, zeroline: false, automargin: false };
    return report.layout({
      margin: { l: 6, r: 6, t: view.labels.length ? 24 : 6, b: 6 },
      dragmode: touch ? false : "lasso", hovermode: "closest", hoverdistance: 12, uirevision: "kept",
      xaxis: { ...bare, range: [x0, x1] }, yaxis: { ...bare, range: [y0, y1], scaleanchor: "x" },
      annotations: view.labels.map((l) => ({ x: l.x, y: l.y, text: l.text, showarrow: false, yshift: 12, font: { size: 13, color: theme.soft } })),
      images: images(view),
      newselection: { line: { color: theme.accent, width: 2, dash: "dot" } },
    });
  };
  const listen = (view) => {
    const cell = (event) => event.points[0].pointIndex;
    let timer = 0;
    view.plot.on("plotly_hover", (e) => report.hover(cell(e), e.event));
    view.plot.on("plotly_unhover", report.leave);
    view.plot.on("plotly_click", (e) => report.pick(report.clusterOf[cell(e)]));
    view.plot.on("plotly_selected", (e) => { if (e && e.selections && e.selections.length) report.lasso(view, e.selections); });
    view.plot.on("plotly_deselect", () => report.clear());
    view.plot.on("plotly_doubleclick", () => report.clear());
    view.plot.on("plotly_relayout", (e) => {
      if (!Object.keys(e).some((key) => key.includes("axis"))) return;
      const { xaxis, yaxis } = view.plot._fullLayout;
      state.zoom[view.id] = [...xaxis.range, ...yaxis.range];
      if (Object.keys(e).some((key) => key.includes("autorange"))) delete state.zoom[view.id];
      clearTimeout(timer);
      timer = setTimeout(() => {
        Plotly.restyle(view.plot, { "marker.size": size(view, [...xaxis.range, ...yaxis.range]) }, [0]);
        report.changed("zoom");
      }, 150);
    });
  };
  const draw = async (view) => {
    view.title.textContent = view.name;
    await Plotly.newPlot(view.plot, [trace(view)], layout(view), { ...report.config, displayModeBar: touch ? true : "hover" });
    listen(view); // a new plot has forgotten its listeners
  };
  const add = (given, before = null) => {
    const plot = element("div", { className: "plot", id: `view-${given.id}` });
    const ring = element("div", { className: "ring", hidden: true });
    const title = element("h3", { textContent: given.title });
    const save = element("button", { type: "button", className: "save", textContent: "SVG", title: "Save the view as SVG" });
    save.dataset.svg = `view-${given.id}`;
    const card = element("div", { className: "card view" }, element("div", { className: "head" }, title, element("span", { className: "saves" }, save)), plot, ring);
    by("views").insertBefore(card, before);
    // Plotly makes a click of a tap; the browser must not make another
    plot.addEventListener("touchend", (e) => { if (e.cancelable && e.target.matches(".nsewdrag")) e.preventDefault(); }, { passive: false });
    const view = { ...given, name: given.title, plot, ring, card, title };
    views.splice(before ? views.findIndex((v) => v.card === before) : views.length, 0, view);
    return view;
  };

  const start = async () => {
    for (const given of data.views) add({ ...given, x: report.decode(given.x, Float32Array), y: report.decode(given.y, Float32Array) });
    report.arrange();
    await Promise.all(views.map(draw));
  };
  const refresh = (change, keep) => Promise.all(views.map((view) => Plotly.update(view.plot, change(), view === keep ? {} : { selections: [] }, [0])));

  report.on("colour", () => Promise.all(views.map((view) => {
    const change = Object.entries(report.marker()).map(([key, value]) => [`marker.${key}`, [value]]);
    return Plotly.restyle(view.plot, Object.fromEntries(change), [0]);
  })));
  report.on("selection", (from) => refresh(() => ({ selectedpoints: [report.selected()] }), from));
  report.on("theme", () => Promise.all(views.map(draw)));
  report.on("image", () => Promise.all(views.map((view) => view.images.length && Plotly.relayout(view.plot, { images: images(view) }))));
  return { all: views, add, draw, start, trace, layout };
})();
