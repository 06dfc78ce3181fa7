// What colours the cells, and its legend.
"use strict";
(() => {
  const { data, state, by, element } = report;
  const select = by("colour");
  const decoded = new Map();

  report.column = (k) => {
    const { kind, codes, values, decoded: known } = data.columns[k];
    if (known) return known;
    if (!decoded.has(k)) decoded.set(k, kind === "category" ? report.decode(codes, Uint16Array) : report.decode(values, Uint8Array));
    return decoded.get(k);
  };
  // the number behind a step; null where it is missing
  report.number = (column, step) => (step === 255 ? null : column.low + (step / 254) * (column.high - column.low));

  // one colour a cell from one scale, the same in every view
  report.marker = () => {
    const { kind, colors } = data.columns[state.colour];
    const color = Array.from(report.column(state.colour)), none = report.isDark() ? "#565b66" : "#b8b8c0";
    if (kind === "category") {
      const all = [...colors, none];
      return { color, cmin: -0.5, cmax: colors.length + 0.5, colorscale: all.flatMap((c, i) => [[i / all.length, c], [(i + 1) / all.length, c]]) };
    }
    const ramp = report.ramp(), end = 254.5 / 255;
    return { color, cmin: 0, cmax: 255, colorscale: [...ramp.map((c, i) => [(end * i) / (ramp.length - 1), c]), [end, report.theme().line], [1, report.theme().line]] };
  };

  const options = () => {
    const plain = data.columns.flatMap((column, k) => (column.gene === undefined
      ? [element("option", { value: k, textContent: k ? column.name : `cluster (${column.name})` })] : []));
    const groups = data.clusters.names.map((_, k) => element("optgroup", { label: `genes of cluster ${report.clusterName(k)}` },
      ...report.genes.owners.flatMap((owner, g) => (owner === k ? [element("option", { value: `gene ${g}`, textContent: report.genes.label(g) })] : []))));
    const sought = element("optgroup", { label: "genes sought" });
    select.replaceChildren(...plain, ...groups.filter((group) => group.children.length), sought);
  };
  const choose = () => {
    const { gene } = data.columns[state.colour];
    const value = gene === undefined ? String(state.colour) : `gene ${gene}`;
    if (![...select.options].some((option) => option.value === value)) {
      select.lastChild.append(element("option", { value, textContent: report.genes.label(gene) }));
    }
    select.value = value;
  };

  report.chip = (name, color, k) => {
    const dot = element("i");
    dot.style.background = color;
    const chip = element(k === undefined ? "span" : "button", { className: "chip", title: name }, dot, name);
    if (k !== undefined) { chip.type = "button"; chip.dataset.pick = k; }
    return chip;
  };
  const legend = () => {
    const { kind, categories, colors, low, high, label } = data.columns[state.colour];
    if (kind === "category") {
      by("legend").replaceChildren(...categories.map((name, k) => (state.colour ? report.chip(name, colors[k]) : report.chip(report.clusterName(k), colors[k], k))));
    } else {
      const ramp = element("span", { className: "ramp" });
      ramp.style.background = `linear-gradient(90deg, ${report.ramp().join(", ")})`;
      const text = (t) => element("span", { className: "ramplabel", textContent: t });
      by("legend").replaceChildren(text(report.short(low)), ramp, text(`${report.short(high)}  ${label}`));
    }
  };

  report.colour = (k) => {
    state.colour = k;
    choose();
    legend();
    return report.changed("colour");
  };
  report.gene = async (name) => {
    const g = report.genes.at(name);
    if (g !== undefined) await report.colour(await report.genes.column(g));
  };
  select.addEventListener("change", async () => {
    const [, gene] = select.value.split(" ");
    report.colour(gene === undefined ? Number(select.value) : await report.genes.column(Number(gene)));
  });
  report.on("names", () => { options(); choose(); legend(); });
  report.on("theme", legend);
  options();
  choose();
  legend();
})();
