// The linked views: one point per cell, one state, drawn the same in tissue and UMAP.
"use strict";
report.cells = (() => {
  const { data } = report;
  const n = data.cells.length;
  const clusters = report.decode(data.columns[0].codes, Uint16Array);
  const decoded = new Map();
  const state = { colour: 0, clusters: new Set(), lasso: null };
  const views = [];

  const column = (k) => {
    if (!decoded.has(k)) {
      const { kind, codes, values } = data.columns[k];
      decoded.set(k, kind === "category" ? report.decode(codes, Uint16Array) : report.decode(values, Uint8Array));
    }
    return decoded.get(k);
  };

  const marker = () => {
    const { kind, colors } = data.columns[state.colour];
    const values = Array.from(column(state.colour));
    if (kind === "category") {
      return { color: values, colorscale: report.steps([...colors, "#b8b8c0"]), cmin: -0.5, cmax: colors.length + 0.5 };
    }
    return { color: values.map((v) => (v === 255 ? 0 : v)), colorscale: report.smooth(report.ramp()), cmin: 0, cmax: 254 };
  };

  // cells that are marked: null for all
  const marked = () => {
    if (state.lasso) return state.lasso;
    if (!state.clusters.size) return null;
    const found = [];
    for (let i = 0; i < n; i++) if (state.clusters.has(clusters[i])) found.push(i);
    return found;
  };

  // about as wide as the cells lie apart at this zoom
  const size = (view) => {
    const { xaxis, yaxis } = view.plot._fullLayout;
    const [x0, x1] = [...xaxis.range].sort((a, b) => a - b), [y0, y1] = [...yaxis.range].sort((a, b) => a - b);
    let inside = 0;
    for (let i = 0; i < n; i++) if (view.x[i] >= x0 && view.x[i] <= x1 && view.y[i] >= y0 && view.y[i] <= y1) inside++;
    const apart = Math.sqrt((xaxis._length * yaxis._length) / Math.max(inside, 1));
    return Math.min(14, Math.max(view.tissue ? 1.6 : 1.8, apart * (view.tissue ? 0.72 : 0.42)));
  };

  const draw = (view) => {
    const theme = report.theme();
    const bare = { visible: false, zeroline: false, automargin: false };
    const layout = report.layout({
      margin: { l: 6, r: 6, t: view.labels.length ? 22 : 6, b: 6 },
      dragmode: "lasso", hovermode: "closest", hoverdistance: 12, uirevision: "kept",
      xaxis: { ...bare },
      yaxis: { ...bare, scaleanchor: view.tissue ? "x" : undefined, autorange: view.tissue ? "reversed" : true },
      annotations: view.labels.map((l) => ({ x: l.x, y: l.y, text: l.text, showarrow: false, yshift: 12, font: { size: 13, color: theme.soft } })),
      images: view.images.map((i) => ({ ...i, xref: "x", yref: "y", yanchor: "top", sizing: "stretch", layer: "below", opacity: 0.55 })),
      newselection: { line: { color: theme.accent, width: 2, dash: "dot" } },
    });
    const trace = {
      type: "scattergl", mode: "markers", x: view.x, y: view.y, hoverinfo: "none",
      marker: { ...marker(), size: 4, opacity: 1, line: { width: 0 } },
      unselected: { marker: { opacity: 0.07 } }, selected: { marker: { opacity: 1 } },
      selectedpoints: marked(),
    };
    const config = { ...report.config, modeBarButtonsToRemove: ["autoScale2d"] };
    return Plotly.newPlot(view.plot, [trace], layout, config).then(() => fit(view));
  };
  const fit = (view) => Plotly.restyle(view.plot, { "marker.size": size(view) }, [0]);

  const refresh = (what) => Promise.all(views.map((view) => {
    const change = {};
    if (what.colour) for (const [key, value] of Object.entries(marker())) change["marker." + key] = [value];
    if (what.selection) change.selectedpoints = [marked()];
    const layout = what.selection && view !== what.from ? { selections: [] } : {};
    return Plotly.update(view.plot, change, layout, [0]);
  }));

  const element = (tag, options = {}) => Object.assign(document.createElement(tag), options);

  const describe = (i) => {
    const lines = [element("b", { textContent: data.cells[i] })];
    const shown = [0, ...(state.colour ? [state.colour] : [])];
    const samples = data.columns.findIndex((c, k) => k && c.kind === "category");
    if (samples > 0 && !shown.includes(samples)) shown.push(samples);
    for (const k of shown) {
      const { kind, name, label, categories, colors, low, high } = data.columns[k];
      const value = column(k)[i], line = element("div");
      if (kind === "category") {
        const dot = element("i");
        dot.style.background = colors[value] || "#b8b8c0";
        line.append(dot, `${k ? name : "cluster"} ${categories[value] ?? "–"}`);
      } else {
        const number = value === 255 ? "–" : (low + (value / 254) * (high - low)).toLocaleString("en", { maximumSignificantDigits: 3 });
        line.append(`${name} `, element("b", { textContent: number }), label === name ? "" : ` ${label}`);
      }
      lines.push(line);
    }
    return lines;
  };

  const tip = document.getElementById("tip");
  const hover = (i, event) => {
    for (const view of views) {
      const { xaxis, yaxis } = view.plot._fullLayout;
      const x = xaxis._offset + xaxis.l2p(view.x[i]), y = yaxis._offset + yaxis.l2p(view.y[i]);
      view.ring.hidden = x < 0 || y < 0 || x > view.plot.clientWidth || y > view.plot.clientHeight;
      view.ring.style.left = `${view.plot.offsetLeft + x}px`;
      view.ring.style.top = `${view.plot.offsetTop + y}px`;
    }
    tip.replaceChildren(...describe(i));
    tip.hidden = false;
    const left = event.clientX + 18 + tip.offsetWidth > innerWidth ? event.clientX - tip.offsetWidth - 14 : event.clientX + 18;
    tip.style.left = `${left}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  };
  const leave = () => { tip.hidden = true; for (const view of views) view.ring.hidden = true; };

  const start = async () => {
    const place = document.getElementById("views");
    for (const given of data.views) {
      const card = element("div", { className: "card view" });
      const plot = element("div", { className: "plot", id: `view-${given.id}` });
      const ring = element("div", { className: "ring", hidden: true });
      card.append(element("h3", { textContent: given.title }), plot, ring);
      place.append(card);
      views.push({ ...given, plot, ring, x: report.decode(given.x, Float32Array), y: report.decode(given.y, Float32Array) });
    }
    await Promise.all(views.map(draw));
    for (const view of views) {
      view.plot.on("plotly_hover", (e) => hover(e.points[0].pointIndex, e.event));
      view.plot.on("plotly_unhover", leave);
      view.plot.on("plotly_click", (e) => report.pick(clusters[e.points[0].pointIndex]));
      view.plot.on("plotly_selected", (e) => { if (e && e.points.length) report.lasso(e.points.map((p) => p.pointIndex), view); });
      view.plot.on("plotly_deselect", () => report.clear());
      view.plot.on("plotly_doubleclick", () => report.clear());
      let timer = 0;
      view.plot.on("plotly_relayout", (e) => {
        if (!Object.keys(e).some((key) => key.includes("axis"))) return;
        clearTimeout(timer);
        timer = setTimeout(() => fit(view), 150);
      });
    }
  };
  return { start, refresh, draw, views, state, marked, clusters, n };
})();
