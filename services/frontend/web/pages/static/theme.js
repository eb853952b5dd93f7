// Light or dark, as the address says (`?theme=dark`), else as the reader chose, else as the system
// has it. A classic script in the head: it is done before anything is drawn.
{
  const CHOICES = ["auto", "light", "dark"];
  const WORDS = { auto: "as the system", light: "light", dark: "dark" };
  const STORED = "porta-theme";
  const root = document.documentElement;

  const remembered = () => {
    try {
      return localStorage.getItem(STORED);
    } catch {
      return null; // a browser may forbid it
    }
  };

  /** @param {string} choice */
  const remember = (choice) => {
    try {
      localStorage.setItem(STORED, choice);
    } catch {
      // it holds for this page
    }
  };

  const asked = new URLSearchParams(location.search).get("theme") ?? remembered() ?? "auto";
  let choice = /** @type {keyof typeof WORDS} */ (CHOICES.includes(asked) ? asked : "auto");

  const apply = () => {
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
  };

  /** Have an address that says a theme say this one. */
  const address = () => {
    const url = new URL(location.href);
    if (!url.searchParams.has("theme")) return;
    url.searchParams.set("theme", choice);
    history.replaceState(history.state, "", url);
  };

  /** @param {HTMLElement} button */
  const say = (button) => {
    button.dataset.choice = choice;
    button.title = `Theme: ${WORDS[choice]}`;
    button.setAttribute("aria-label", `Theme: ${WORDS[choice]}`);
  };

  apply();
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    say(button);
    button.addEventListener("click", () => {
      choice = /** @type {keyof typeof WORDS} */ (CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]);
      remember(choice);
      apply();
      address();
      say(button);
    });
  });
  // In all tabs at once.
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== STORED || !CHOICES.includes(newValue ?? "")) return;
    choice = /** @type {keyof typeof WORDS} */ (newValue);
    apply();
    const button = document.getElementById("theme");
    if (button) say(button);
  });
}
