import { Controller } from "../../vendor/stimulus.js";

// Asks once more before a form is sent. Frames may forbid window.confirm(), so the button itself asks:
// <form data-controller="confirm" data-confirm-question-value="Really close?"> … <button>Close</button>
export default class extends Controller {
  static values = { question: String };

  connect() {
    this.ask = (event) => this.#ask(event);
    this.element.addEventListener("submit", this.ask, { capture: true });
  }

  disconnect() {
    this.element.removeEventListener("submit", this.ask, { capture: true });
  }

  #ask(event) {
    const button = event.submitter;
    if (!button || button.dataset.asked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const before = button.innerHTML;
    button.dataset.asked = "true";
    button.textContent = this.questionValue;
    const calm = () => {
      button.innerHTML = before;
      delete button.dataset.asked;
    };
    button.addEventListener("blur", () => window.setTimeout(calm, 200), { once: true });
  }
}
