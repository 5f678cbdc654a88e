import { Controller } from "../../vendor/stimulus.js";

const LONGEST = 500;

// Where words of the text are selected, offers to write a note on them: it fills the fields in which they could
// be typed, and puts these below the paragraph. Without script, and by keyboard, the fields do the same.
export default class extends Controller {
  static targets = ["paragraph", "composer", "where", "quote", "at", "words", "offer"];

  connect() {
    this.listeners = [
      [document, "selectionchange", () => this.#later()],
      [this.whereTarget, "change", () => this.#forget()],
      [this.quoteTarget, "input", () => this.#forget()],
    ];
    for (const [target, name, listener] of this.listeners) target.addEventListener(name, listener);
  }

  disconnect() {
    window.clearTimeout(this.timer);
    for (const [target, name, listener] of this.listeners) target.removeEventListener(name, listener);
  }

  // A press on the button must not lose the selection that it is about.
  hold(event) {
    event.preventDefault();
  }

  begin() {
    const chosen = this.chosen;
    if (!chosen) return;
    this.whereTarget.value = `text-${chosen.number}`;
    this.quoteTarget.value = chosen.quote;
    this.atTarget.value = chosen.at;
    document.getSelection().removeAllRanges();
    this.#hide();
    chosen.paragraph.append(this.composerTarget);
    this.wordsTarget.focus();
    this.wordsTarget.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Touch fires many changes while somebody pulls at the ends of a selection.
  #later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#look(), 150);
  }

  #look() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return this.#hide();
    const range = selection.getRangeAt(0);
    const paragraph = this.paragraphTargets.find((each) => each.contains(range.startContainer));
    const words = paragraph?.querySelector("[data-noting-words]");
    if (!words?.contains(range.startContainer)) return this.#hide();
    // Of a selection that goes on into the next paragraph, what is in the first counts.
    const inside = range.cloneRange();
    if (!words.contains(inside.endContainer)) inside.setEnd(words, words.childNodes.length);
    const quote = inside.toString().trim().slice(0, LONGEST);
    if (!quote) return this.#hide();
    const before = document.createRange();
    before.setStart(words, 0);
    before.setEnd(inside.startContainer, inside.startOffset);
    this.chosen = {
      paragraph,
      number: paragraph.dataset.number,
      quote,
      at: before.toString().replace(/\s/g, "").length,
    };
    this.#show(paragraph, inside);
  }

  #show(paragraph, range) {
    const box = range.getBoundingClientRect();
    const home = paragraph.getBoundingClientRect();
    this.offerTarget.hidden = false;
    paragraph.append(this.offerTarget);
    this.offerTarget.style.insetBlockStart = `${box.bottom - home.top + 6}px`;
    const room = home.width - this.offerTarget.offsetWidth;
    this.offerTarget.style.insetInlineStart = `${Math.max(0, Math.min(box.left - home.left, room))}px`;
  }

  #hide() {
    this.chosen = undefined;
    if (this.hasOfferTarget) this.offerTarget.hidden = true;
  }

  // What was pointed at is no longer what is typed.
  #forget() {
    this.atTarget.value = "";
  }
}
