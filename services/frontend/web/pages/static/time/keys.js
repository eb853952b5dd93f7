// The keys of a page with a player. They are left to whatever has the focus and takes keys itself.

const OWN = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, input[type=checkbox], input[type=radio], label"; // the space bar is theirs
const STORED = "porta-keys";

/** @typedef {Record<string, (event: KeyboardEvent) => void>} Actions */

/**
 * Do what a key stands for. @param {Actions} actions - by the name of the key
 * @param {AbortSignal} signal - ends it
 */
export function listen(actions, signal) {
  addEventListener(
    "keydown",
    (event) => {
      const action = actions[nameOf(event)];
      if (!action || event.defaultPrevented || isTheirs(event) || (isCharacter(event) && !areOn())) return;
      event.preventDefault();
      action(event);
    },
    { signal },
  );
}

/** @param {KeyboardEvent} event */
function nameOf({ key, altKey, ctrlKey, metaKey, code }) {
  if (ctrlKey || metaKey) return "";
  if (altKey) return code === "KeyZ" ? "Alt+Z" : "";
  return key === " " ? "Space" : key;
}

/** Whether what has the focus takes this key itself. @param {KeyboardEvent} event */
function isTheirs({ target, key }) {
  if (document.querySelector("dialog[open]") || !(target instanceof Element)) return true;
  if (target.closest(OWN)) return true;
  if (key === " " && target.closest(PRESSED)) return true;
  return Boolean(target.closest("[type=radio]")) && key.startsWith("Arrow");
}

/** Whether a key is a character, which speech input may press by mistake (WCAG 2.1.4). @param {KeyboardEvent} event */
const isCharacter = ({ key, altKey }) => key.length === 1 && key !== " " && !altKey;

/** Whether the reader has left single characters on. */
export const areOn = () => localStorage.getItem(STORED) !== "off";

/** @param {boolean} on */
export const turn = (on) => (on ? localStorage.removeItem(STORED) : localStorage.setItem(STORED, "off"));
