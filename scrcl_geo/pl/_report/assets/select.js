// Selected clusters, or the cells inside a lasso.
"use strict";
(() => {
  const { data, state, by } = report;
  const MOST = 80; // corners of a lasso, so that it fits in an address

  const pick = (k) => {
    if (!(k < data.clusters.names.length)) return Promise.resolve();
    state.lasso = null;
    if (state.clusters.has(k)) state.clusters.delete(k); else state.clusters.add(k);
    return report.changed("selection");
  };
  const clear = () => {
    if (!state.lasso && !state.clusters.size) return Promise.resolve();
    state.lasso = null;
    state.clusters.clear();
    return report.changed("selection");
  };

  const corners = (selection) => {
    const { type, path, x0, x1, y0, y1 } = selection;
    if (type === "rect") return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
    const points = path.slice(1).replace(/Z$/, "").split("L").map((pair) => pair.split(",").map(Number));
    const step = Math.max(1, points.length / MOST);
    return Array.from({ length: Math.ceil(points.length / step) }, (_, i) => points[Math.floor(i * step)]);
  };
  const inside = (polygon, x, y) => {
    let odd = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [xi, yi] = polygon[i], [xj, yj] = polygon[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
    }
    return odd;
  };
  // cells inside any of the polygons, which are rounded as an address holds them
  const surround = (view, polygons, from) => {
    polygons = polygons.map((polygon) => polygon.map((point) => point.map((v) => Number(v.toPrecision(5)))));
    const cells = [];
    for (let i = 0; i < data.cells.length; i++) if (polygons.some((p) => inside(p, view.x[i], view.y[i]))) cells.push(i);
    state.clusters.clear();
    state.lasso = cells.length ? { view: view.id, polygons, cells } : null;
    return report.changed("selection", from);
  };

  const press = () => {
    const found = report.selected();
    document.querySelectorAll("[data-pick]").forEach((b) => b.setAttribute("aria-pressed", state.clusters.has(Number(b.dataset.pick))));
    document.querySelectorAll("tr[data-cluster]").forEach((r) => r.toggleAttribute("data-selected", state.clusters.has(Number(r.dataset.cluster))));
    by("clear").hidden = by("save-cells").hidden = !found;
    const cells = found ? `${found.length.toLocaleString("en")} cells` : "";
    const names = [...state.clusters].map(report.clusterName).join(", ");
    by("selection").textContent = !found ? "" : state.lasso ? `${cells} selected` : `cluster ${names} · ${cells}`;
  };

  Object.assign(report, { pick, clear, surround, lasso: (view, selections) => surround(view, selections.map(corners), view) });
  for (const what of ["selection", "names", "colour"]) report.on(what, press);
  by("clear").addEventListener("click", clear);
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-pick], [data-gene]");
    if (!target) return;
    if (target.dataset.pick !== undefined) pick(Number(target.dataset.pick));
    else report.gene(target.dataset.gene).then(() => by("cells").scrollIntoView());
  });
  press();
})();
