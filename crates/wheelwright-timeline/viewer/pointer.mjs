// Turns what a mouse or a finger does on the canvas into what the viewer does: clicks, drags, zooms, and words beside the pointer.

/// Listens to the canvas of a viewer.
export function listenToPointer(viewer, tip) {
  const { canvas, scroller } = viewer;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return showTip(viewer, tip, ...at(event), event.pointerType);
    const way = event.clientX - drag.x;
    if (Math.abs(way) < 4 && !drag.moved) return;
    drag = { x: event.clientX, moved: true };
    tip.hidden = true;
    viewer.pan(-way / viewer.view.width);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) viewer.click(...at(event));
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => (drag = null));
  canvas.addEventListener("pointerleave", () => (tip.hidden = true));
  scroller.addEventListener("scroll", () => viewer.redraw());
  scroller.addEventListener("wheel", (event) => turn(viewer, event, at(event)[0]), { passive: false });
}

function turn(viewer, event, x) {
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    viewer.zoom(2 ** (event.deltaY / 200), x);
  } else if (event.shiftKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) {
    event.preventDefault();
    viewer.pan((event.deltaX || event.deltaY) / viewer.view.width);
  }
}

/// What is under a mouse, in words beside it.
function showTip(viewer, tip, x, y, pointer) {
  const text = pointer === "mouse" ? viewer.wordsAt(x, y) : "";
  tip.hidden = text === "";
  tip.textContent = text;
  const room = viewer.canvas.clientWidth;
  tip.style.left = `${Math.max(4, Math.min(x + 12, room - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y + 18}px`;
}
