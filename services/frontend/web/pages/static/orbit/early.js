// What is pressed before a figure has its data: done once it has.

const PRESSED = "button, input";

export class Early {
  /** Keep what is pressed within an element. @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {HTMLElement[]} */
    this.buttons = [];
    /** @type {Map<HTMLInputElement, boolean>} */
    this.choices = new Map();
    root.addEventListener("click", this.#keep);
  }

  /** @param {MouseEvent} event */
  #keep = (event) => {
    const pressed = /** @type {Element} */ (event.target).closest(PRESSED);
    if (pressed instanceof HTMLInputElement) this.choices.set(pressed, pressed.checked);
    else if (pressed instanceof HTMLElement) this.buttons.push(pressed);
  };

  /** Keep no more. */
  end() {
    this.root.removeEventListener("click", this.#keep);
  }

  /** Do what was pressed: buttons as often as they were, choices as they were left. */
  replay() {
    for (const [choice, isChecked] of this.choices) {
      choice.checked = isChecked;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    }
    for (const button of this.buttons) button.click();
    this.choices.clear();
    this.buttons = [];
  }
}
