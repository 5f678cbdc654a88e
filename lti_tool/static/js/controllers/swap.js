import { Controller } from "../../vendor/stimulus.js";
import { word } from "../words.js";

// After htmx has put something new on the page: focus goes where reading goes on, and what failed is said.
//
// A fragment may name the place itself: data-swap-target="focus" (an error summary, the first new thing).
export default class extends Controller {
  connect() {
    this.listeners = [
      ["htmx:after:swap", (event) => this.#settle(event)],
      ["htmx:before:request", () => this.#remember()],
      ["htmx:error", (event) => this.#fail(event)],
    ];
    for (const [name, listener] of this.listeners) document.addEventListener(name, listener);
    document.querySelector('[data-swap-target="focus"]')?.focus();
  }

  disconnect() {
    for (const [name, listener] of this.listeners) document.removeEventListener(name, listener);
  }

  #remember() {
    this.had = document.activeElement;
    document.getElementById("page-notices")?.replaceChildren();
  }

  #settle() {
    const wanted = document.querySelector('[data-swap-target="focus"]');
    if (wanted) {
      wanted.focus();
      wanted.removeAttribute("data-swap-target");
      return;
    }
    const lost = !document.activeElement || document.activeElement === document.body;
    if (!lost || !this.had || this.had === document.body) return;
    const same = this.had.id && document.getElementById(this.had.id);
    (same || document.querySelector('[data-swap-target="heading"]'))?.focus({ preventScroll: true });
  }

  #fail(event) {
    const error = event.detail?.error ?? event.detail?.ctx?.error;
    if (error?.name === "AbortError" || event.detail?.ctx?.response) return;
    const place = document.getElementById("page-notices");
    if (!place) return;
    const said = document.createElement("p");
    said.className = "notice notice--error notice--plain";
    said.textContent = word("offline");
    place.replaceChildren(said);
  }
}
