// The view as the end of the address: read when the page opens, written when the reader changes something.
"use strict";
(() => {
  const { data, state, by } = report;
  const numbers = (text) => text.split(",").map(Number);
  const flat = (list) => list.map((v) => Number(v.toPrecision(5))).join(",");

  const written = () => {
    const said = new URLSearchParams(), { name, gene } = data.columns[state.colour];
    if (gene !== undefined) said.set("gene", name);
    else if (state.colour) said.set("colour", name);
    if (state.slides.length) said.set("slides", state.slides.join(","));
    if (state.clusters.size) said.set("clusters", [...state.clusters].join(","));
    if (state.lasso) for (const polygon of state.lasso.polygons) said.append("lasso", `${state.lasso.view},${flat(polygon.flat())}`);
    for (const [id, range] of Object.entries(state.zoom)) said.set(`zoom-${id}`, flat(range));
    state.names.forEach((given, k) => { if (given !== data.clusters.given[k]) said.set(`name-${k}`, given); });
    return said.toString();
  };
  let own = "";
  const write = () => {
    own = written();
    history.replaceState(null, "", own ? `#${own}` : location.pathname + location.search);
  };

  // what cannot be read is left out: an address may come from anyone
  const restore = async () => {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const view of report.views.all) {
      const range = numbers(said.get(`zoom-${view.id}`) ?? "");
      if (range.length === 4 && range.every(Number.isFinite)) state.zoom[view.id] = range; else delete state.zoom[view.id];
    }
    const zoom = { ...state.zoom };
    state.names = data.clusters.names.map((_, k) => (said.get(`name-${k}`) ?? data.clusters.given[k]).slice(0, 80));
    await report.changed("names");
    const count = by("slide-a") ? by("slide-a").options.length - 1 : 0;
    const slides = numbers(said.get("slides") || "none").filter((s) => Number.isInteger(s) && s >= 0 && s < count);
    if (slides.join() !== state.slides.join()) await report.slides(slides.slice(0, 2));
    state.zoom = zoom;
    for (const view of report.views.all) {
      const [x0, x1, y0, y1] = state.zoom[view.id] ?? [];
      if (x0 !== undefined) await Plotly.relayout(view.plot, { "xaxis.range": [x0, x1], "yaxis.range": [y0, y1] });
    }
    state.clusters = new Set(numbers(said.get("clusters") || "none").filter((k) => k in data.clusters.names));
    state.lasso = null;
    const outlines = said.getAll("lasso").map((text) => text.split(","));
    const view = outlines.length && report.views.all.find((v) => v.id === outlines[0][0]);
    const polygons = outlines.map(([, ...rest]) => rest.map(Number)).filter((p) => p.length > 5 && p.every(Number.isFinite));
    const pairs = (list) => Array.from({ length: Math.floor(list.length / 2) }, (_, i) => list.slice(2 * i, 2 * i + 2));
    if (view && polygons.length) await report.surround(view, polygons.map(pairs)); else await report.changed("selection");
    const column = data.columns.findIndex((c) => c.gene === undefined && c.name === said.get("colour"));
    if (report.genes.at(said.get("gene")) !== undefined) await report.gene(said.get("gene"));
    else if (Math.max(column, 0) !== state.colour) await report.colour(Math.max(column, 0));
    own = written();
  };

  report.share = () => {
    for (const what of ["colour", "selection", "slides", "names", "zoom"]) report.on(what, write);
    addEventListener("hashchange", () => { if (location.hash.slice(1) !== own) restore(); });
    document.querySelectorAll("nav a").forEach((a) => a.addEventListener("click", (event) => {
      event.preventDefault(); // an anchor would take the view's place in the address
      document.querySelector(a.getAttribute("href")).scrollIntoView();
    }));
    by("link").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        by("link").textContent = "Copied";
      } catch {
        by("link").textContent = "Copy it from the address bar";
      }
      setTimeout(() => { by("link").textContent = "Copy link to this view"; }, 2500);
    });
    return location.hash.length > 1 ? restore() : Promise.resolve();
  };
})();
