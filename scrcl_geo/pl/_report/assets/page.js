// Draws the cells, then all else.
"use strict";
(async () => {
  const { by, state } = report;
  if (by("image")) {
    by("image").addEventListener("input", () => { state.image = by("image").valueAsNumber / 100; report.changed("image"); });
  }
  await report.views.start();
  report.firstView = performance.now();
  await report.share();
  report.figures.watch();
  document.documentElement.dataset.ready = "true";
})();
