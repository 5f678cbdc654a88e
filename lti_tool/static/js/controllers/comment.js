import { Controller } from "../../vendor/stimulus.js";

const WORD = /[\p{L}\p{N}]+/gu;
const WITHOUT_SPACES = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]/g;

// Helps with one comment: says how far it has come towards what it is for, and puts beginnings of sentences
// into it. Counts as the server does. Without script the aim is a hint, and the beginnings are words to copy.
export default class extends Controller {
  static targets = ["words", "drawing", "bar", "said", "starter", "plain"];
  static values = { enough: Number, begun: String, done: String, aim: String };

  connect() {
    for (const button of this.starterTargets) button.hidden = false;
    for (const words of this.plainTargets) words.hidden = true;
    if (this.enoughValue) this.hint = this.saidTarget.textContent;
    this.look();
  }

  look() {
    if (!this.enoughValue) return;
    const part = Math.min(this.#count() / this.enoughValue, 1);
    this.drawingTarget.removeAttribute("hidden");
    this.barTarget.setAttribute("width", Math.round(part * 100));
    this.drawingTarget.classList.toggle("aim__drawing--done", part === 1);
    const words = part === 1 ? this.doneValue : this.begunValue;
    this.saidTarget.textContent = part === 0 ? this.hint : words.replace("%s", this.aimValue);
  }

  begin(event) {
    const field = this.wordsTarget;
    const before = field.value.trimEnd();
    // The reader goes on where the beginning leaves a gap.
    const beginning = event.currentTarget.textContent.trim();
    field.value = before ? `${before}\n${beginning}` : beginning;
    const gap = field.value.indexOf("…", before.length);
    field.focus();
    field.setSelectionRange(gap < 0 ? field.value.length : gap, gap < 0 ? field.value.length : gap + 1);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #count() {
    let count = 0;
    let last = "";
    for (const [word] of this.wordsTarget.value.toLowerCase().matchAll(WORD)) {
      if (word !== last) count += Math.max(word.match(WITHOUT_SPACES)?.length ?? 0, 1);
      last = word;
    }
    return count;
  }
}
