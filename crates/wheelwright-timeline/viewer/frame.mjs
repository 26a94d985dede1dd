// Turns how high an embedded page would like to be into a word to the page around it, which may give its frame that height.

/// Tells the height that `height()` gives whenever something makes it another. Within one step through the run it only grows, so that the text
/// below the frame does not jump at every event; what the reader opens and closes, and another width, begin anew.
export function tellHeight(height) {
  let told = 0, width = 0;
  const tell = (anew) => parent.postMessage({ heightOfRun: (told = Math.max(anew ? 0 : told, height())) }, "*");
  new ResizeObserver(() => {
    tell(width !== innerWidth);
    width = innerWidth;
  }).observe(document.body);
  addEventListener("toggle", () => tell(true), true);
}

export const html = document.documentElement;

/// Listens whether the page around is light or dark, where a browser does not tell a frame by itself.
export function listenToScheme(redraw) {
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || !data?.scheme) return;
    html.style.colorScheme = data.scheme;
    redraw();
  });
}
