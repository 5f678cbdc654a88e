import { Controller } from "../../vendor/stimulus.js";

// Tells the LMS how tall we are, so that its frame shows the whole page and scrolls once; where a new page
// begins; and what it says first, which a reader of screens does not notice by itself. No other page hears it.
export default class extends Controller {
  static values = { origin: String };

  connect() {
    if (window.parent === window || !this.originValue) return;
    this.observer = new ResizeObserver(() => this.#measure());
    this.observer.observe(this.element);
    if (!window.location.hash) this.#tell("lti.scrollToTop");
    const body = document.getElementById("page-notices")?.textContent.trim();
    if (body) this.#tell("lti.screenReaderAlert", { body });
  }

  disconnect() {
    this.observer?.disconnect();
  }

  #measure() {
    // An open dialog floats over the page, which may be shorter than the dialog.
    const height = Math.ceil(Math.max(this.element.getBoundingClientRect().height, this.#dialogHeight()));
    if (height === this.told) return;
    this.told = height;
    this.#tell("lti.frameResize", { height });
  }

  #dialogHeight() {
    const open = document.querySelector("dialog:modal");
    return open ? open.getBoundingClientRect().height + 80 : 0;
  }

  #tell(subject, more) {
    window.parent.postMessage({ subject, ...more }, this.originValue);
  }
}
