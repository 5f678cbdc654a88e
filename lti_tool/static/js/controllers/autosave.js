import { Controller } from "../../vendor/stimulus.js";

const PAUSE = 1_200;
const LONGEST = 10_000;
const RETRY = 8_000;

// Saves a form in the background while it is being written, and says how that goes. htmx does the sending:
// this only decides when. What cannot be saved stays in the tab, where the stash keeps it.
export default class extends Controller {
  static targets = ["sender", "state", "pending", "failed", "ended"];

  connect() {
    this.listeners = [
      // On the document: fields that stand elsewhere belong to the form too.
      // Files are sent, with the words beside them, as soon as they are chosen. And no change is listened for: of words
      // it comes when a button is being pressed, and a page that moves then loses the press.
      [document, "input", ({ target }) => target.form === this.element && target.type !== "file" && this.#typed()],
      [document, "submit", (event) => event.target === this.element && this.#submit(event)],
      [this.element, "htmx:before:request", (event) => this.#begun(event)],
      // After its answer is in the page, and with it the new revision; or after there was none.
      [document, "htmx:finally:request", (event) => this.#settled(event)],
      [document, "visibilitychange", () => document.hidden && this.#due()],
      [window, "pageshow", () => this.#look()],
    ];
    for (const [target, name, listener] of this.listeners) {
      target.addEventListener(name, listener, { capture: name === "submit" });
    }
    window.setTimeout(() => this.#look());
  }

  disconnect() {
    window.clearTimeout(this.timer);
    for (const [target, name, listener] of this.listeners) {
      target.removeEventListener(name, listener, { capture: name === "submit" });
    }
  }

  // Words that the stash or the browser put back are as unsaved as if they had just been typed.
  #look() {
    const fields = [...this.element.elements].filter((each) =>
      each.matches("textarea, input[type=radio], input[type=checkbox]"),
    );
    if (fields.some((field) => field.value !== (field.defaultValue ?? "") || field.checked !== field.defaultChecked)) {
      this.#typed();
    }
  }

  #typed() {
    if (this.isOver) return;
    this.firstTyped ??= Date.now();
    this.#show("pending");
    const wait = Math.max(0, Math.min(PAUSE, this.firstTyped + LONGEST - Date.now()));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#due(), wait);
  }

  #due() {
    window.clearTimeout(this.timer);
    if (!this.firstTyped || this.isOver || this.isSending) return;
    this.firstTyped = undefined;
    this.senderTarget.dispatchEvent(new CustomEvent("autosave:due", { bubbles: false }));
  }

  // A save that is still on its way would make the tab look like two: the form waits for its answer.
  #submit(event) {
    window.clearTimeout(this.timer);
    this.firstTyped = undefined;
    if (!this.isSending || this.isResubmitting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.waiting = event.submitter ?? null;
  }

  #begun(event) {
    if (event.detail.ctx.sourceElement === this.senderTarget) this.isSending = true;
  }

  #settled(event) {
    const { sourceElement, response } = event.detail.ctx;
    if (sourceElement !== this.senderTarget) return;
    this.isSending = false;
    const status = response?.status ?? 0;
    if (status === 401 || status === 403 || status === 404) this.#end();
    else if (!response || status >= 500) this.#again();
    else if (this.firstTyped) this.#typed();
    else this.#show("state");
    this.#resubmit();
  }

  #end() {
    this.isOver = true;
    this.#show("ended");
  }

  #again() {
    this.#show("failed");
    this.firstTyped ??= Date.now();
    this.timer = window.setTimeout(() => this.#due(), RETRY);
  }

  #resubmit() {
    if (this.waiting === undefined) return;
    const submitter = this.waiting ?? undefined;
    this.waiting = undefined;
    this.isResubmitting = true;
    this.element.requestSubmit(submitter);
    this.isResubmitting = false;
  }

  #show(wanted) {
    for (const name of ["state", "pending", "failed", "ended"]) {
      for (const target of this[`${name}Targets`]) target.hidden = name !== wanted;
    }
  }
}
