// The page's colours as scripts see them, and when they change. They are written once, in the style
// sheets, for both themes.

const AGENTS = 8;

/**
 * Read colours from the style sheet, each as the browser computes it for this theme.
 * @param {Element} element @returns {(name: string) => string}
 */
export function reader(element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  queueMicrotask(() => probe.remove());
  return (name) => {
    probe.style.color = `var(${name})`;
    return hex(getComputedStyle(probe).color);
  };
}

/** The colours of agents, in turn. @param {(name: string) => string} colour */
export const agentsOf = (colour) => Array.from({ length: AGENTS }, (_, i) => colour(`--agent-${i + 1}`));

/** A computed colour as #rrggbb; one that is not of sRGB as it is. @param {string} computed */
function hex(computed) {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(computed)?.slice(1);
  return parts ? `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}` : computed;
}

const DARK = "(prefers-color-scheme: dark)";

/** Whether the page is dark. */
export const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia(DARK).matches ? "dark" : "light")) === "dark";

/** Call back when the page's colours change. @param {() => void} repaint */
export function onScheme(repaint) {
  matchMedia(DARK).addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
