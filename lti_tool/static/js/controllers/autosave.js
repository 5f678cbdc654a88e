import { Controller } from "../../vendor/stimulus.js";

const PAUSE = 1_200;
const LONGEST = 10_000;
const RETRY = 8_000;

// Saves a form in the background while it is being written, and says how that goes. htmx does the sending:
// this only decides when. What cannot be saved stays in the tab, where the stash keeps it.
export default class extends Controller {
  static targets = ["sender", "state", "pending", "failed", "ended"];

  connect() {
    // What is on its way: each request with what lets the next one go.
    this.turns = new Map();
    this.listeners = [
      // On the document: fields that stand elsewhere belong to the form too.
      // Files are sent, with the words beside them, as soon as they are chosen. And no change is listened for: of words
      // it comes when a button is being pressed, and a page that moves then loses the press.
      [document, "input", ({ target }) => target.form === this.element && target.type !== "file" && this.#typed()],
      [document, "submit", (event) => event.target === this.element && this.#submit(event)],
      // Here too: what waited for its turn may come from a field that is gone by now.
      [document, "htmx:before:request", ({ detail }) => this.#begun(detail.ctx)],
      // After its answer is in the page, and with it the new revision; or after there was none.
      [document, "htmx:finally:request", ({ detail }) => this.#settled(detail.ctx)],
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
    if (!this.firstTyped || this.isOver || this.turns.size) return;
    this.firstTyped = undefined;
    this.senderTarget.dispatchEvent(new CustomEvent("autosave:due", { bubbles: false }));
  }

  // A page that is left loses what is on its way: the form waits for its answer, a file as well as words.
  #submit(event) {
    window.clearTimeout(this.timer);
    this.firstTyped = undefined;
    if (!this.turns.size || this.isResubmitting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.waiting = event.submitter;
    this.waiting?.classList.add("htmx-request");
  }

  // Two at once would both say that they know the same revision, and the tab would look like two: each waits
  // for the one before, and takes the revision and the place on the page that its answer brought.
  #begun(ctx) {
    if (ctx.request.form !== this.element) return;
    const { fetch } = ctx;
    const before = this.last;
    this.last = new Promise((go) => this.turns.set(ctx, go));
    ctx.fetch = async (action, request) => {
      await before;
      request.body.set("base_revision", this.element.elements.base_revision.value);
      if (!ctx.target.isConnected) ctx.target = document.getElementById(ctx.target.id);
      return fetch(action, request);
    };
  }

  #settled(ctx) {
    const go = this.turns.get(ctx);
    if (!go) return;
    go();
    this.turns.delete(ctx);
    const status = ctx.response?.status ?? 0;
    const isSave = ctx.sourceElement === this.senderTarget;
    if (status === 401 || status === 403 || status === 404) this.#end();
    else if (isSave && (!status || status >= 500)) this.#again();
    else if (this.firstTyped) this.#typed();
    else this.#show("state");
    const hasFailed = !status || status >= 400;
    // What was pressed twice is sent once. And nobody hands in without a file that was refused: the page says why.
    if (!isSave && (hasFailed || ctx.sourceElement === this.element)) this.#forget();
    if (!isSave && hasFailed) this.#typed();
    if (!this.turns.size && this.waiting !== undefined) this.#resubmit();
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

  #forget() {
    const pressed = this.waiting;
    this.waiting = undefined;
    pressed?.classList.remove("htmx-request");
    return pressed;
  }

  #resubmit() {
    const pressed = this.#forget();
    const buttons = [...this.element.elements];
    this.isResubmitting = true;
    // A button beside a file is a new one by now.
    this.element.requestSubmit(buttons.includes(pressed) ? pressed : buttons.find((each) => each.isEqualNode(pressed)));
    this.isResubmitting = false;
  }

  #show(wanted) {
    for (const name of ["state", "pending", "failed", "ended"]) {
      for (const target of this[`${name}Targets`]) target.hidden = name !== wanted;
    }
  }
}
