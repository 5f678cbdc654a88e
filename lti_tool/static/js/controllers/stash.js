import { Controller } from "../../vendor/stimulus.js";
import { forget, read, write } from "../stash_store.js";
import { word } from "../words.js";

const KEPT = "textarea[name], input[type=text][name], input[type=url][name], input[type=search][name]";
const PAUSE = 250;

// Of such a button the form itself does not hear, see plain_buttons.js.
const isPlain = (event) => Boolean(event.submitter?.matches("[hx-ignore]"));

// Keeps what is typed into a form until it is safe on the server: through errors, a closed laptop, a session
// that ended. Same person, same form, same tab: the words come back.
//
// <form data-controller="stash" data-stash-key-value="feedback-12">. Without a key its address is the key.
export default class extends Controller {
  static values = { key: String };

  connect() {
    this.owner = document.body.dataset.stashKeeperOwnerValue ?? "";
    if (!this.owner) return;
    this.form = this.keyValue || this.element.action.replace(/^[^/]*\/\/[^/]*(\/s\/[^/]*)?/, "");
    this.bases = new Map(this.#fields().map((field) => [field.name, field.defaultValue]));
    this.listeners = [
      // On the document: fields that stand elsewhere belong to the form too.
      [document, "input", (event) => event.target.form === this.element && this.#later()],
      [this.element, "submit", (event) => this.#send(event)],
      [document, "submit", (event) => event.target === this.element && isPlain(event) && this.#send(event)],
      [window, "pagehide", () => this.#keepNow()],
      [document, "htmx:after:request", (event) => this.#answered(event)],
    ];
    for (const [target, name, listener] of this.listeners) {
      target.addEventListener(name, listener, { capture: target === document });
    }
    this.#restore();
  }

  disconnect() {
    this.#keepNow();
    for (const [target, name, listener] of this.listeners ?? []) {
      target.removeEventListener(name, listener, { capture: target === document });
    }
  }

  #fields() {
    return [...this.element.elements].filter((field) => field.matches(KEPT) && !field.readOnly);
  }

  #later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#keep(), PAUSE);
  }

  #keepNow() {
    if (!this.timer) return;
    window.clearTimeout(this.timer);
    this.#keep();
  }

  #keep(sent = false) {
    this.timer = undefined;
    const typed = this.#fields().filter((field) => field.value !== this.bases.get(field.name));
    if (typed.length === 0) {
      forget(this.owner, this.form);
      return;
    }
    const words = Object.fromEntries(
      typed.map((field) => [field.name, [this.bases.get(field.name) ?? "", field.value]]),
    );
    write(this.owner, this.form, { sent, words });
  }

  #send(event) {
    window.clearTimeout(this.timer);
    // A form that htmx sends stays on the page: its answer says how it went.
    const byHtmx = this.element.matches("[hx-post], [hx-put], [hx-patch]") && !isPlain(event);
    this.#keep(!byHtmx);
  }

  #answered(event) {
    const { request, response } = event.detail?.ctx ?? {};
    if (request?.form !== this.element || !response || response.status >= 400) return;
    // What was sent, not what stands there now: a file takes its time, and words are typed meanwhile.
    for (const [name, value] of request.body ?? []) this.bases.set(name, value);
    if (this.element.isConnected) this.#keep();
    else forget(this.owner, this.form);
  }

  // What the server shows now is what it showed when the words were typed: put them back.
  // It shows something else (typed in another tab, or saved since): ask.
  #restore() {
    const kept = read(this.owner, this.form);
    if (!kept) return;
    // A refused form brings the words itself; they are no safer for it.
    for (const field of this.#fields()) {
      if (kept.words[field.name]?.[1] === field.value) this.bases.set(field.name, kept.words[field.name][0]);
    }
    const missing = this.#fields().filter(
      (field) => kept.words[field.name] && field.value !== kept.words[field.name][1],
    );
    if (missing.length === 0) return;
    if (missing.every((field) => field.value === kept.words[field.name][0])) {
      this.#putBack(missing, kept);
      this.#say("restored");
    } else {
      this.#offer(missing, kept);
    }
  }

  #putBack(fields, kept) {
    for (const field of fields) {
      field.value = kept.words[field.name][1];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  #say(name) {
    const said = document.createElement("p");
    said.className = "quiet small";
    said.setAttribute("role", "status");
    said.textContent = word(name);
    this.element.prepend(said);
    return said;
  }

  #offer(fields, kept) {
    const said = this.#say("offer");
    const offer = this.#button("offer-action", () => this.#putBack(fields, kept));
    const discard = this.#button("discard", () => forget(this.owner, this.form));
    for (const button of [offer, discard]) {
      button.addEventListener("click", () => said.remove());
      said.append(" ", button);
    }
  }

  #button(name, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = word(name);
    button.addEventListener("click", act);
    return button;
  }
}
