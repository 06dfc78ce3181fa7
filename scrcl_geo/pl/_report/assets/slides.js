// One slide alone, or two beside each other at one scale and in one scale of colours.
"use strict";
(() => {
  const { data, state, by } = report;
  const tissue = data.views.find((view) => view.samples);
  report.slideOf = tissue && report.decode(tissue.samples.codes, Uint16Array);

  const only = (values, slide) => values.map((value, i) => (report.slideOf[i] === slide ? value : NaN));
  // a window as wide and as high as the largest slide shown, with this one in its middle
  const frame = (slide, slides) => {
    const { boxes } = tissue.samples;
    const half = (low, high) => 0.53 * Math.max(...slides.map((s) => boxes[s][high] - boxes[s][low])) || 0.5;
    const x = (boxes[slide][0] + boxes[slide][2]) / 2, y = (boxes[slide][1] + boxes[slide][3]) / 2;
    return [x - half(0, 2), x + half(0, 2), y + half(1, 3), y - half(1, 3)];
  };
  const show = (view, slide, slides) => Object.assign(view, {
    x: only(view.allX, slide), y: only(view.allY, slide), box: frame(slide, slides),
    labels: [], name: tissue.samples.names[slide], images: view.allImages.filter((image) => image.sample === tissue.samples.names[slide]),
  });

  // puts the views in order for the slides of the state, without drawing them
  report.arrange = () => {
    if (!tissue) return;
    const { all } = report.views, { slides } = state;
    const first = all.find((view) => view.id === "tissue");
    first.allX ??= first.x; first.allY ??= first.y; first.allImages ??= first.images;
    let second = all.find((view) => view.id === "tissue-b");
    if (slides.length < 2 && second) {
      Plotly.purge(second.plot);
      second.card.remove();
      all.splice(all.indexOf(second), 1);
    }
    if (slides.length > 1 && !second) {
      const { allX, allY, allImages } = first;
      second = report.views.add({ ...tissue, id: "tissue-b", allX, allY, allImages }, first.card.nextSibling);
    }
    if (slides.length) slides.forEach((slide, i) => show([first, second][i], slide, slides));
    else Object.assign(first, { x: first.allX, y: first.allY, box: null, labels: tissue.labels, images: first.allImages, name: tissue.title });
    by("slide-a").value = slides[0] ?? "";
    by("slide-b").value = slides[1] ?? "";
    by("slide-b").disabled = !slides.length;
  };

  report.slides = async (slides) => {
    state.slides = slides;
    delete state.zoom.tissue;
    delete state.zoom["tissue-b"];
    report.arrange();
    await Promise.all(report.views.all.map(report.views.draw)); // their widths change
    return report.changed("slides");
  };
  if (!tissue) return;
  const chosen = () => ["slide-a", "slide-b"].map((id) => by(id).value).filter((value) => value !== "").map(Number);
  by("slide-a").addEventListener("change", () => report.slides(by("slide-a").value === "" ? [] : chosen()));
  by("slide-b").addEventListener("change", () => report.slides(chosen()));
})();
