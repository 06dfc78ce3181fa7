// Tables to take along, as CSV.
"use strict";
(() => {
  const { data, state } = report;
  const quoted = (value) => (/[",\r\n]/.test(value) || value !== value.trim() ? `"${value.replace(/"/g, '""')}"` : value);
  report.csv = (rows) => rows.map((row) => row.map((value) => quoted(String(value ?? ""))).join(",")).join("\n") + "\n";

  report.download = (name, content, type) => {
    const href = URL.createObjectURL(new Blob([content], { type }));
    report.element("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  };

  // coordinates as the file has them, not as slides are laid out here
  const place = (view, i) => {
    const { shifts } = view.samples ?? {};
    const [dx, dy] = shifts ? shifts[report.slideOf[i]] : [0, 0];
    return [(view.allX ?? view.x)[i] - dx, (view.allY ?? view.y)[i] - dy].map((v) => Number(v.toPrecision(7)));
  };

  // the selected cells: where they lie, their cluster, and what the page is coloured by
  const cells = () => {
    const samples = data.columns.findIndex((column, k) => k && column.kind === "category");
    const shown = [...new Set([...(samples > 0 ? [samples] : []), ...(state.colour ? [state.colour] : [])])];
    const places = report.views.all.filter((view) => view.id !== "tissue-b");
    const value = (k, i) => {
      const column = data.columns[k], code = report.column(k)[i];
      return column.kind === "category" ? column.categories[code] : report.number(column, code)?.toPrecision(4);
    };
    const head = ["cell", "cluster", "name", ...shown.map((k) => data.columns[k].name), ...places.flatMap(({ id }) => [`${id}_x`, `${id}_y`])];
    const rows = report.selected().map((i) => {
      const k = report.clusterOf[i];
      return [data.cells[i], data.clusters.names[k], state.names[k], ...shown.map((c) => value(c, i)), ...places.flatMap((view) => place(view, i))];
    });
    return [head, ...rows];
  };
  const clusters = () => {
    const { names, sizes, genes } = data.clusters, all = sizes.reduce((a, b) => a + b, 0);
    const rows = names.map((name, k) => [name, state.names[k], sizes[k], (sizes[k] / all).toPrecision(6), (genes[k] ?? []).join(" ")]);
    return [["cluster", "name", "cells", "share", "top genes"], ...rows];
  };
  const names = () => [["cluster", "name"], ...data.clusters.names.map((name, k) => [name, report.clusterName(k)])];

  const made = { cells, clusters, names };
  report.table = async (name) => (made[name] ? report.csv(made[name]()) : new TextDecoder().decode(await report.inflate(data.tables[name])));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-csv]");
    if (button) report.download(`${button.dataset.csv}.csv`, await report.table(button.dataset.csv), "text/csv");
  });
})();
