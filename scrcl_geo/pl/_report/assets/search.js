// Any gene by its name, and where to read about it.
"use strict";
(() => {
  const { data, by, element, genes } = report;
  const field = by("gene"), list = by("hits");
  let hits = [], active = -1;

  const close = () => { list.hidden = true; active = -1; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const mark = (to) => {
    active = (to + hits.length) % hits.length;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", i === active));
    field.setAttribute("aria-activedescendant", `hit-${active}`);
  };
  const open = () => {
    hits = genes.find(field.value);
    const items = hits.map((g, i) => element("li", { id: `hit-${i}`, role: "option", textContent: genes.label(g) }));
    list.replaceChildren(...(items.length ? items : [element("li", { textContent: "no gene of that name" })]));
    list.hidden = !field.value.trim();
    field.setAttribute("aria-expanded", String(!list.hidden));
    active = -1;
    if (hits.length) mark(0);
  };
  const take = (i) => {
    if (hits[i] === undefined) return Promise.resolve();
    field.value = "";
    close();
    return report.gene(genes.names[hits[i]]);
  };
  field.addEventListener("input", open);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); take(active); }
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" && hits.length) { event.preventDefault(); mark(active + 1); }
    if (event.key === "ArrowUp" && hits.length) { event.preventDefault(); mark(active - 1); }
  });
  list.addEventListener("mousedown", (event) => { // before the field loses the focus
    event.preventDefault();
    take([...list.children].indexOf(event.target));
  });

  // public pages; nothing is asked of them before a click
  const pages = (name) => {
    const term = encodeURIComponent(name);
    const ensembl = /^ENS[A-Z]*[GTP]\d+/.test(name) ? `id/${term}` : `Multi/Search/Results?q=${term}`;
    return [["NCBI Gene", `https://www.ncbi.nlm.nih.gov/gene/?term=${term}`], ["Ensembl", `https://www.ensembl.org/${ensembl}`]];
  };
  const about = () => {
    const { gene, name } = data.columns[report.state.colour];
    if (gene === undefined) { by("about").replaceChildren(); return; }
    const held = genes.sampled(gene);
    const links = pages(name).map(([label, href]) => element("a", { href, target: "_blank", rel: "noopener noreferrer", textContent: `${label} ↗` }));
    const part = held < data.cells.length ? ` · held for ${held.toLocaleString("en")} of the cells, taken at random; the others are pale` : "";
    by("about").replaceChildren(element("b", { textContent: genes.label(gene) }), " ", ...links.flatMap((link) => [link, " "]), part);
  };
  report.on("colour", about);
})();
