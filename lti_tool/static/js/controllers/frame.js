import { Controller } from "../../vendor/stimulus.js";

// Tells the LMS how tall we are, so that its frame shows the whole page and scrolls once.
export default class extends Controller {
  static values = { origin: String };

  connect() {
    if (window.parent === window || !this.originValue) return;
    this.observer = new ResizeObserver(() => this.#tell());
    this.observer.observe(this.element);
  }

  disconnect() {
    this.observer?.disconnect();
  }

  #tell() {
    // An open dialog floats over the page, which may be shorter than the dialog.
    const height = Math.ceil(Math.max(this.element.getBoundingClientRect().height, this.#dialogHeight()));
    if (height === this.told) return;
    this.told = height;
    window.parent.postMessage({ subject: "lti.frameResize", height }, this.originValue);
  }

  #dialogHeight() {
    const open = document.querySelector("dialog:modal");
    return open ? open.getBoundingClientRect().height + 80 : 0;
  }
}
