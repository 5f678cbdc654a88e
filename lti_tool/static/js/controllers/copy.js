import { Controller } from "../../vendor/stimulus.js";
import { word } from "../words.js";

// Copies somebody's words. Frames of an LMS often forbid the clipboard: then the words are selected instead.
export default class extends Controller {
  static targets = ["source", "button", "said"];

  connect() {
    for (const button of this.buttonTargets) button.hidden = false;
  }

  async copy() {
    this.sourceTarget.focus();
    this.sourceTarget.select();
    try {
      await navigator.clipboard.writeText(this.sourceTarget.value);
      this.saidTarget.textContent = word("copied");
    } catch {
      this.saidTarget.textContent = document.execCommand("copy") ? word("copied") : word("not-copied");
    }
  }
}
