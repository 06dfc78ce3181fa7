// What is known of one cell, and a ring around it in every view.
"use strict";
(() => {
  const { data, state, element } = report;
  const tip = report.by("tip");
  const samples = data.columns.findIndex((column, k) => k && column.kind === "category");

  const describe = (i) => {
    const shown = [...new Set([0, state.colour, ...(samples > 0 ? [samples] : [])])];
    return [element("b", { textContent: data.cells[i] }), ...shown.map((k) => {
      const column = data.columns[k], value = report.column(k)[i], line = element("div");
      if (column.kind === "category") {
        const dot = element("i");
        dot.style.background = column.colors[value] || "#b8b8c0";
        const name = value in column.categories ? (k ? column.categories[value] : report.clusterName(value)) : "–";
        line.append(dot, `${k ? column.name : "cluster"} ${name}`);
      } else {
        const number = report.number(column, value);
        line.append(`${column.name} `, element("b", { textContent: number === null ? "–" : report.short(number) }), column.label === column.name ? "" : ` ${column.label}`);
      }
      return line;
    })];
  };

  report.hover = (i, event) => {
    for (const view of report.views.all) {
      const { xaxis, yaxis } = view.plot._fullLayout;
      const x = xaxis._offset + xaxis.l2p(view.x[i]), y = yaxis._offset + yaxis.l2p(view.y[i]);
      view.ring.hidden = !(x >= 0 && y >= 0 && x <= view.plot.clientWidth && y <= view.plot.clientHeight);
      view.ring.style.left = `${view.plot.offsetLeft + x}px`;
      view.ring.style.top = `${view.plot.offsetTop + y}px`;
    }
    tip.replaceChildren(...describe(i));
    tip.hidden = false;
    const left = event.clientX + 18 + tip.offsetWidth > innerWidth ? event.clientX - tip.offsetWidth - 14 : event.clientX + 18;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  };
  report.leave = () => {
    tip.hidden = true;
    for (const view of report.views.all) view.ring.hidden = true;
  };
})();
