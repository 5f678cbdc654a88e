import { Controller } from "../../vendor/stimulus.js";

const STEPS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
const FAR = 14 * 86_400_000;

// Writes a <time> in the reader's own zone and language.
export default class extends Controller {
  static values = { style: { type: String, default: "moment" } };

  connect() {
    const at = new Date(this.element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const language = document.documentElement.lang;
    const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(at);
    this.element.textContent = this.#words(at, language);
    this.element.title = full;
  }

  #words(at, language) {
    const away = at.getTime() - Date.now();
    if (this.styleValue === "near" && Math.abs(away) < FAR) {
      const [unit, length] = STEPS.find(([, length]) => Math.abs(away) >= length) ?? STEPS.at(-1);
      return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(away / length), unit);
    }
    const day = { day: "numeric", month: "short", year: this.#isThisYear(at) ? undefined : "numeric" };
    const time = { hour: "numeric", minute: "2-digit", weekday: "short" };
    return new Intl.DateTimeFormat(language, this.styleValue === "date" ? day : { ...day, ...time }).format(at);
  }

  #isThisYear(at) {
    return at.getFullYear() === new Date().getFullYear();
  }
}
