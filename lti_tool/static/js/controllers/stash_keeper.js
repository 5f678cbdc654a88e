import { Controller } from "../../vendor/stimulus.js";
import { forget, forms, read, write } from "../stash_store.js";

// Knows how the last sending of a form ended, from the page that came after it:
// a page that is fine lets its words go, an error page keeps them for the next try.
export default class extends Controller {
  static values = { owner: String, outcome: String };

  connect() {
    const failed = this.outcomeValue !== "fine" || this.#status() >= 400;
    if (!failed && !this.ownerValue) return;
    for (const form of forms(this.ownerValue)) {
      const kept = read(this.ownerValue, form);
      if (!kept?.sent) continue;
      if (failed) write(this.ownerValue, form, { ...kept, sent: false });
      else forget(this.ownerValue, form);
    }
  }

  // A form that was refused comes back with 422. Browsers that do not tell count as fine: the words are in its fields.
  #status() {
    return window.performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
  }
}
