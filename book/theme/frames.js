// Turns what an embedded run says of its height into the height of its frame, and tells it whether the page is light or dark.
const frames = () => [...document.querySelectorAll("figure.trace iframe")];
const tellScheme = (frame) => frame.contentWindow?.postMessage({ scheme: getComputedStyle(frame).colorScheme }, "*");
addEventListener("message", ({ source, data }) => {
  const frame = frames().find((frame) => frame.contentWindow === source);
  if (!frame || !(0 < data?.heightOfRun)) return;
  const border = frame.offsetHeight - frame.clientHeight;
  frame.style.height = `${data.heightOfRun + border}px`;
  tellScheme(frame);
});
new MutationObserver(() => frames().forEach(tellScheme)).observe(document.documentElement, { attributeFilter: ["class"] });
