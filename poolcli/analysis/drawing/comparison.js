// All pictures of an input show the same place: that of the pointer, the finger or the arrow keys.
const TAP = 8; // pixels that a finger may move while it taps
const LEAST_ZOOM = 4;
const LEAST_FILLED = 0.75;

for (const figures of document.querySelectorAll(".figures")) {
  const views = figures.querySelectorAll(".view");
  let x = 50, y = 50, touched = null;

  const isZoomed = () => figures.classList.contains("zoomed");

  // Enlarged so that a pixel of the picture covers a whole number of those of the screen.
  const zoomOf = (image) => {
    const shown = image.clientWidth * window.devicePixelRatio;
    const times = Math.max(1, Math.ceil((LEAST_ZOOM * shown) / image.naturalWidth));
    return (times * image.naturalWidth) / shown;
  };
  // Pixels of a picture are equally large where that leaves most of its column filled; else it is
  // smooth, as a pixel would cover one of the screen here and two there.
  const fit = () => {
    for (const view of views) {
      view.style.width = "";
      const pixels = view.querySelector("img").naturalWidth / window.devicePixelRatio;
      const times = view.getBoundingClientRect().width / pixels;
      const isWhole = Math.floor(times) >= LEAST_FILLED * times;
      view.classList.toggle("enlarged", isWhole);
      if (isWhole) view.style.width = Math.floor(times) * pixels + "px";
    }
  };
  const to = (left, top) => {
    x = Math.min(100, Math.max(0, left));
    y = Math.min(100, Math.max(0, top));
    figures.style.setProperty("--x", x + "%");
    figures.style.setProperty("--y", y + "%");
  };
  const toPointer = (view, event) => {
    const box = view.getBoundingClientRect();
    to(
      (100 * (event.clientX - box.left)) / box.width,
      (100 * (event.clientY - box.top)) / box.height,
    );
  };
  const zoom = (on) => {
    const image = figures.querySelector(".view img");
    if (on && image.naturalWidth) figures.style.setProperty("--zoom", zoomOf(image));
    figures.classList.toggle("zoomed", on);
  };

  for (const view of views) {
    view.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") return;
      touched = { x: event.clientX, y: event.clientY, zoomed: isZoomed() };
      if (touched.zoomed) view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" && !(touched && touched.zoomed)) return;
      toPointer(view, event);
      zoom(true);
    });
    view.addEventListener("pointerup", (event) => {
      if (!touched) return;
      const moved = Math.hypot(event.clientX - touched.x, event.clientY - touched.y);
      if (moved <= TAP) {
        toPointer(view, event);
        zoom(!touched.zoomed);
      }
      touched = null;
    });
    view.addEventListener("pointercancel", () => { touched = null; });
    view.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") zoom(false);
    });
    view.addEventListener("focus", () => { if (view.matches(":focus-visible")) zoom(true); });
    view.addEventListener("blur", () => zoom(false));
    view.addEventListener("keydown", (event) => {
      const steps = {
        ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5],
      };
      const step = steps[event.key];
      if (step) { to(x + step[0], y + step[1]); event.preventDefault(); }
      if (event.key === "Escape") view.blur();
    });
  }
  for (const image of figures.querySelectorAll("img")) image.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  fit();
}
