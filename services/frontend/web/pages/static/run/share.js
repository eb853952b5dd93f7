// Sharing: copies the page's address, with all that is looked at, and the ways to reproduce a run.

const SAID_MS = 4000;

let silence = 0; // the timer that takes away what was said last

document.addEventListener("click", async (event) => {
  const target = /** @type {Element} */ (event.target);
  const button = target.closest("[data-copy]");
  if (button) await copy(button);
  for (const open of document.querySelectorAll(".share details[open]"))
    if (!open.contains(target)) open.removeAttribute("open");
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll(".share details[open]")) {
    open.removeAttribute("open");
    open.querySelector("summary")?.focus();
  }
});

/** @param {Element} button */
async function copy(button) {
  const isLink = button.getAttribute("data-copy") === "link";
  const text = isLink ? location.href : button.closest("h2")?.nextElementSibling?.textContent ?? "";
  say(button, (await written(text)) ? "Copied" : "Copying is not allowed here");
}

/** Put a text on the clipboard; a page without HTTPS may only do it the old way. @param {string} text */
async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** @param {Element} button @param {string} words */
function say(button, words) {
  const place = button.closest(".share")?.querySelector("[data-said]");
  if (!place) return;
  place.textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => {
    place.textContent = "";
  }, SAID_MS);
}
