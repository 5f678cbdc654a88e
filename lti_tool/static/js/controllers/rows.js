import { Controller } from "../../vendor/stimulus.js";

// Rows of a form that are added, moved and removed by buttons. The form sends them in the order in which they
// stand, so nothing is renumbered. Without script the same buttons ask the server.
export default class extends Controller {
  static targets = ["list", "row", "template", "said"];
  static values = { token: String, removed: String, undo: String, moved: String };

  add(event) {
    event.preventDefault();
    const made = document.createElement("template");
    made.innerHTML = this.templateTarget.innerHTML.replaceAll(this.tokenValue, this.#freshToken());
    const row = made.content.firstElementChild;
    this.listTarget.append(made.content);
    row.querySelector("input:not([type=hidden])")?.focus();
  }

  up(event) {
    const row = this.#rowOf(event);
    const before = this.#neighbour(row, "previousElementSibling");
    if (before) this.#move(event, () => before.before(row), row);
  }

  down(event) {
    const row = this.#rowOf(event);
    const after = this.#neighbour(row, "nextElementSibling");
    if (after) this.#move(event, () => after.after(row), row);
  }

  remove(event) {
    const row = this.#rowOf(event);
    const fields = [...row.querySelectorAll("input, select, textarea")];
    for (const field of fields) field.disabled = true;
    row.hidden = true;
    row.after(this.#undoRow(row, fields));
    row.nextElementSibling.querySelector("button").focus();
    this.#changed();
  }

  name(event) {
    const place = this.#rowOf(event).querySelector("[data-rows-name]");
    if (place) place.textContent = event.target.value || place.textContent;
  }

  #rowOf(event) {
    if (event.type === "click") event.preventDefault();
    return event.currentTarget.closest("[data-rows-target~='row']");
  }

  #neighbour(row, direction) {
    let next = row[direction];
    while (next && (next.hidden || !this.rowTargets.includes(next))) next = next[direction];
    return next;
  }

  #move(event, act, row) {
    const button = event.currentTarget;
    act();
    button.focus();
    const number = this.rowTargets.filter((each) => !each.hidden).indexOf(row) + 1;
    this.saidTarget.textContent = this.movedValue.replace("%s", number);
    this.#changed();
  }

  #undoRow(row, fields) {
    const undone = document.createElement("li");
    undone.className = "row row--gone";
    const words = document.createElement("span");
    const name = row.querySelector("[data-rows-name]");
    words.textContent = this.removedValue.replace("%s", name?.value ?? name?.textContent ?? "");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = this.undoValue;
    button.addEventListener("click", () => {
      for (const field of fields) field.disabled = false;
      row.hidden = false;
      undone.remove();
      row.querySelector("summary, input:not([type=hidden])")?.focus();
      this.#changed();
    });
    undone.append(words, button);
    return undone;
  }

  #freshToken() {
    return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  #changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
