// Plotly, loaded when a chart is first drawn: it is too large for the way to the first drawing.

const LONGEST_MS = 4000; // an orbit that takes longer does not hold up the charts

/** @type {Promise<any> | null} */
let loading = null;

/** Load it, once. @param {string} address */
export function plotly(address) {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      reject(new Error("plotly.js could not be loaded; reload the page."));
    });
    document.head.append(script);
  });
  return loading;
}

/** Wait until an element is about to be seen. @param {Element} element */
export function seen(element) {
  return new Promise((resolve) => {
    const watching = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watching.disconnect();
        resolve(undefined);
      },
      { rootMargin: "250px" },
    );
    watching.observe(element);
  });
}

/** Wait until the page has drawn what comes first: its orbit, if there is one that can be drawn. */
export async function idle() {
  if (document.querySelector("[data-orbit=figure]")) await orbitDrawn();
  await new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(resolve, { timeout: 1200 });
    else setTimeout(resolve, 200);
  });
}

/** Wait for the mark that the orbit view sets: Plotly's first drawing takes the only thread a second. */
const orbitDrawn = () =>
  new Promise((resolve) => {
    const watching = new PerformanceObserver((list) => list.getEntriesByName("orbit-drawn").length && done());
    const done = () => {
      watching.disconnect();
      resolve(undefined);
    };
    watching.observe({ type: "mark", buffered: true });
    setTimeout(done, LONGEST_MS);
  });
