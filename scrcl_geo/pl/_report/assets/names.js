// Names that the reader gives to clusters.
"use strict";
(() => {
  const { state } = report;
  const fields = [...document.querySelectorAll("[data-name]")];
  const show = () => fields.forEach((field) => { if (field !== document.activeElement) field.value = state.names[field.dataset.name]; });

  report.rename = (k, name) => {
    state.names[k] = name.trim().slice(0, 80);
    return report.changed("names");
  };
  for (const field of fields) {
    let timer = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => report.rename(Number(field.dataset.name), field.value), 250);
    });
    field.addEventListener("change", () => { clearTimeout(timer); report.rename(Number(field.dataset.name), field.value); });
  }
  report.on("names", show);
  show();
})();
