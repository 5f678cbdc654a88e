import { Controller } from "../../vendor/stimulus.js";

// Lets people type their own local time where the form carries UTC: shows it on the way in, sends UTC on the way out.
export default class extends Controller {
  static targets = ["input", "hint"];
  static values = { local: String };

  connect() {
    const at = this.#read(`${this.inputTarget.value}Z`);
    if (at) this.inputTarget.defaultValue = this.inputTarget.value = this.#localText(at);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (this.hasHintTarget) this.hintTarget.textContent = this.localValue.replace("%s", zone.replaceAll("_", " "));
    this.send = (event) => this.#send(event.formData);
    this.form = this.inputTarget.form;
    this.form?.addEventListener("formdata", this.send);
  }

  disconnect() {
    this.form?.removeEventListener("formdata", this.send);
  }

  #send(formData) {
    const at = this.#read(this.inputTarget.value);
    if (at) formData.set(this.inputTarget.name, at.toISOString());
  }

  #read(text) {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? null : at;
  }

  #localText(at) {
    const two = (number) => String(number).padStart(2, "0");
    const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
  }
}
