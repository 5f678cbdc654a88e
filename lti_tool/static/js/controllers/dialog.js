import { Controller } from "../../vendor/stimulus.js";

// Opens and closes a <dialog> where the browser does not know `command` on buttons yet.
export default class extends Controller {
  connect() {
    if ("commandForElement" in HTMLButtonElement.prototype) return;
    this.press = (event) => this.#press(event);
    document.addEventListener("click", this.press);
  }

  disconnect() {
    if (this.press) document.removeEventListener("click", this.press);
  }

  #press(event) {
    const button = event.target.closest?.("button[commandfor]");
    if (button?.getAttribute("commandfor") !== this.element.id) return;
    if (button.getAttribute("command") === "show-modal") this.element.showModal();
    else this.element.close();
  }
}
