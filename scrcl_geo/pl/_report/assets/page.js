// State shared by the whole page: colour, selection, and the figures that mark it.
"use strict";
(() => {
  const { data, cells } = report;
  const { state } = cells;
  const by = (id) => document.getElementById(id);
  const element = (tag, options = {}) => Object.assign(document.createElement(tag), options);
  const drawn = new Map();

  // -- colour ----------------------------------------------------------------------------------------------
  const select = by("colour");
  const groups = new Map([["", select]]);
  data.columns.forEach((column, k) => {
    const under = column.group === undefined || column.group === null ? "" : `genes of cluster ${column.group}`;
    if (!groups.has(under)) {
      const group = element("optgroup", { label: under });
      groups.set(under, group);
      select.append(group);
    }
    groups.get(under).append(element("option", { value: k, textContent: k ? column.name : `cluster (${column.name})` }));
  });

  report.colour = (k) => {
    state.colour = k;
    select.value = k;
    legend();
    return cells.refresh({ colour: true });
  };
  report.gene = (name) => {
    const k = data.columns.findIndex((column) => column.group != null && column.name === name);
    return k < 0 ? Promise.resolve() : report.colour(k);
  };
  select.addEventListener("change", () => report.colour(Number(select.value)));

  const chip = (name, color, k) => {
    const found = element(k === undefined ? "span" : "button", { className: "chip" });
    const dot = element("i");
    dot.style.background = color;
    found.append(dot, name);
    found.title = name;
    if (k !== undefined) { found.type = "button"; found.dataset.pick = k; }
    return found;
  };
  const legend = () => {
    const { kind, categories, colors, low, high, label } = data.columns[state.colour];
    if (kind === "category") {
      by("legend").replaceChildren(...categories.map((name, k) => chip(name, colors[k], state.colour ? undefined : k)));
    } else {
      const ramp = element("span", { className: "ramp" });
      ramp.style.background = `linear-gradient(90deg, ${report.ramp().join(", ")})`;
      const short = (v) => v.toLocaleString("en", { maximumSignificantDigits: 3 });
      const text = (t) => element("span", { className: "ramplabel", textContent: t });
      by("legend").replaceChildren(text(short(low)), ramp, text(`${short(high)}  ${label}`));
    }
    press();
  };

  // -- selection -------------------------------------------------------------------------------------------
  report.pick = (k) => {
    if (k >= data.clusters.names.length) return Promise.resolve();
    state.lasso = null;
    if (state.clusters.has(k)) state.clusters.delete(k); else state.clusters.add(k);
    return changed();
  };
  report.lasso = (points, from) => {
    state.clusters.clear();
    state.lasso = points;
    return changed(from);
  };
  report.clear = () => {
    if (!state.lasso && !state.clusters.size) return Promise.resolve();
    state.lasso = null;
    state.clusters.clear();
    return changed();
  };
  const changed = (from) => {
    press();
    for (const name of drawn.keys()) mark(name);
    return cells.refresh({ selection: true, from });
  };
  const press = () => {
    const found = cells.marked();
    document.querySelectorAll("[data-pick]").forEach((b) => b.setAttribute("aria-pressed", state.clusters.has(Number(b.dataset.pick))));
    document.querySelectorAll("tr[data-cluster]").forEach((r) => r.toggleAttribute("data-selected", state.clusters.has(Number(r.dataset.cluster))));
    by("clear").hidden = !found;
    const names = [...state.clusters].map((k) => data.clusters.names[k]).join(", ");
    const what = state.lasso ? `${found.length.toLocaleString("en")} cells selected` : `cluster ${names} · ${found ? found.length.toLocaleString("en") : 0} cells`;
    by("selection").textContent = found ? what : "";
  };
  by("clear").addEventListener("click", () => report.clear());
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-pick], [data-gene]");
    if (!target) return;
    if (target.dataset.pick !== undefined) report.pick(Number(target.dataset.pick));
    else report.gene(target.dataset.gene).then(() => by("cells").scrollIntoView());
  });

  // -- figures ---------------------------------------------------------------------------------------------
  const bands = (name) => {
    const { accent } = report.theme();
    const { layout } = data.figures[name];
    const line = { color: accent, width: 2 };
    const own = layout.shapes || [];
    const along = layout.meta && layout.meta.clusters;
    if (along !== "x") return own;
    return [...own, ...[...state.clusters].map((k) => ({ type: "rect", xref: "x", yref: "paper", x0: k - 0.5, x1: k + 0.5, y0: 0, y1: 1, line, layer: "above" }))];
  };
  const mark = (name) => {
    const { data: traces, layout } = data.figures[name];
    const along = layout.meta && layout.meta.clusters;
    if (along === "x") Plotly.relayout(drawn.get(name), { shapes: bands(name) });
    if (along === "nodes") {
      const nodes = traces.length - 1;
      const opacity = data.clusters.names.map((_, k) => (!state.clusters.size || state.clusters.has(k) ? 1 : 0.18));
      Plotly.restyle(drawn.get(name), { "marker.opacity": [opacity] }, [nodes]);
    }
  };
  const drawFigure = async (name) => {
    const { data: traces, layout } = data.figures[name];
    const place = by(`figure-${name}`);
    drawn.set(name, place);
    await Plotly.newPlot(place, traces, report.layout({ ...layout, template: undefined, shapes: bands(name) }), report.config);
    if (layout.meta && layout.meta.genes) {
      place.on("plotly_click", (event) => report.gene(layout.meta.genes[event.points[0].y]));
    }
    mark(name);
  };
  report.drawAll = () => Promise.all(Object.keys(data.figures).filter((name) => !drawn.has(name)).map(drawFigure));

  // a figure is drawn when it comes near the window
  const watch = () => {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        const name = entry.target.id.slice("figure-".length);
        if (!drawn.has(name)) drawFigure(name);
      }
    }, { rootMargin: "500px" });
    for (const [name, { layout }] of Object.entries(data.figures)) {
      const place = by(`figure-${name}`);
      place.style.height = `${layout.height || 340}px`;
      seen.observe(place);
    }
  };

  report.dark.addEventListener("change", () => {
    legend();
    cells.views.forEach(cells.draw);
    [...drawn.keys()].forEach(drawFigure);
  });

  legend();
  cells.start().then(() => {
    watch();
    report.firstView = performance.now();
    document.documentElement.dataset.ready = "true";
  });
})();
