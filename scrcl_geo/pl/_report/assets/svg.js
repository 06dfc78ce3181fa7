// Figures to take along, as SVG on white.
"use strict";
(() => {
  const { data, state, by } = report;
  const MOST = 20_000; // cells as shapes; more are one picture inside the file

  // a legend, which on the page stands outside the view
  const legend = () => {
    const { kind, categories, colors, name } = data.columns[state.colour];
    if (kind !== "category") return [];
    return categories.map((category, k) => ({
      type: "scatter", mode: "markers", x: [null], y: [null], marker: { color: colors[k], size: 10 },
      name: report.text(state.colour ? category : report.clusterName(k)), showlegend: true, legendgrouptitle: k ? undefined : { text: report.text(name) },
    }));
  };
  const view = (found) => {
    const trace = { ...report.views.trace(found), showlegend: false };
    if (data.cells.length <= MOST) trace.type = "scatter";
    const { kind, low, high, name } = data.columns[state.colour];
    if (kind === "number") {
      Object.assign(trace.marker, { showscale: true, colorbar: { title: { text: report.text(name) }, tickvals: [0, 254], ticktext: [report.short(low), report.short(high)], len: 0.5, thickness: 12 } });
    }
    return { traces: [trace, ...legend()], layout: { ...report.views.layout(found), showlegend: true } };
  };

  report.svg = async (name) => {
    const found = report.views.all.find((v) => `view-${v.id}` === name);
    const place = found ? found.plot : by(`figure-${name}`);
    const { clientWidth: width, clientHeight: height } = place;
    report.paper = true;
    const { traces, layout } = found ? view(found) : report.figures.prepared(name);
    report.paper = false;
    const made = await Plotly.toImage({ data: traces, layout: { ...layout, paper_bgcolor: "#fff" } }, { format: "svg", width: found ? width + 140 : width, height });
    return decodeURIComponent(made.slice(made.indexOf(",") + 1));
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-svg]");
    if (button) report.download(`${button.dataset.svg}.svg`, await report.svg(button.dataset.svg), "image/svg+xml");
  });
})();
