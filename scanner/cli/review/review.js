// Keys for the buttons, and the box over the picture; everything works without it.
"use strict";
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) { event.preventDefault(); button.click(); }
});
for (const holder of document.querySelectorAll(".picture[data-box]")) {
  const image = holder.querySelector("img");
  const draw = () => {
    const [x, y, width, height] = holder.dataset.box.split(",").map(Number);
    const box = document.createElement("div");
    box.className = "box";
    box.style.left = `${(100 * x) / image.naturalWidth}%`;
    box.style.top = `${(100 * y) / image.naturalHeight}%`;
    box.style.width = `${(100 * width) / image.naturalWidth}%`;
    box.style.height = `${(100 * height) / image.naturalHeight}%`;
    holder.append(box);
  };
  if (image.complete && image.naturalWidth) draw(); else image.addEventListener("load", draw);
}
