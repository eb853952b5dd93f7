// Says what a request would cost while the form is filled in, and what is wrong with it, beside its field.

/** @typedef {{ cost?: string, problem?: string, field?: string, place?: string }} Answer */

const PAUSE_MS = 350;

export class Cost {
  /**
   * @param {HTMLFormElement} form @param {HTMLElement} line
   * @param {(answer: Answer) => void} answered what else is to be done with an answer
   */
  constructor(form, line, answered) {
    this.form = form;
    this.line = line;
    this.answered = answered;
    this.timer = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    /** @type {Answer | null} the answer to what the form says now */
    this.answer = null;
  }

  /** Ask again, once nothing was typed for a moment; what was asked before is not waited for. */
  soon() {
    this.answer = null;
    this.line.classList.add("pending");
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    const asking = new AbortController();
    this.asking = asking;
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) body.append(name, String(value));
    try {
      const reply = await fetch(this.form.dataset.cost ?? "", {
        method: "POST", body, headers: { Accept: "application/json" }, signal: asking.signal,
      });
      if (reply.ok && !asking.signal.aborted) this.show(await reply.json());
    } catch {
      // it was asked again meanwhile, or the server is away: the button says more
    }
  }

  /** @param {Answer} answer */
  show(answer) {
    this.answer = answer;
    this.line.classList.remove("pending");
    this.line.classList.toggle("refused", answer.problem !== undefined);
    this.line.textContent = answer.cost ?? (answer.field ? "Not yet: a field needs a change." : (answer.problem ?? ""));
    this.answered(answer);
  }
}
