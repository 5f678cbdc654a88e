import { GlobalWorkerOptions, getDocument } from "../../vendor/pdfjs/pdf.mjs";
import { Controller } from "../../vendor/stimulus.js";

const beside = (path) => new URL(`../../vendor/pdfjs/${path}`, import.meta.url).href;
const STEP = 0.02;
const SMALLEST = 0.01;
const SHARPEST = 2;

GlobalWorkerOptions.workerSrc = beside("pdf.worker.mjs");

// Draws one page of a PDF at a time, shows where notes point, and lets a new note point somewhere: by the mouse,
// by a finger, or by the arrows. Where it points stands in a hidden field, "x y" or "x y width height", as parts
// of the page.
export default class extends Controller {
  static targets = [
    ...["viewer", "broken", "before", "after", "number", "count", "status", "sheet", "paper", "pins", "text"],
    ...["note", "pin", "pinWords", "point", "placing", "pointer", "unpointer", "wanted"],
  ];
  static values = { file: String, page: Number, words: Object };

  async connect() {
    this.resized = new ResizeObserver(() => this.#later());
    this.listeners = this.hasPinTarget
      ? [
          ["pointerdown", (event) => this.#press(event)],
          ["pointermove", (event) => this.#drag(event)],
          ["pointerup", (event) => this.#release(event)],
          ["pointercancel", () => this.#forgetPress()],
        ]
      : [];
    for (const [name, listener] of this.listeners) this.sheetTarget.addEventListener(name, listener);
    try {
      this.loading = getDocument({
        url: this.fileValue,
        cMapUrl: beside("cmaps/"),
        standardFontDataUrl: beside("standard_fonts/"),
        wasmUrl: beside("wasm/"),
        cMapPacked: true,
        isEvalSupported: false,
        enableXfa: false,
        stopAtErrors: false,
      });
      this.document = await this.loading.promise;
    } catch {
      this.brokenTarget.hidden = false;
      return;
    }
    this.viewerTarget.hidden = false;
    if (this.hasPlacingTarget) this.placingTarget.hidden = false;
    this.countTarget.textContent = this.wordsValue.of.replace("#", this.document.numPages);
    this.resized.observe(this.sheetTarget);
    await this.#go(this.pageValue);
  }

  disconnect() {
    window.clearTimeout(this.timer);
    this.resized.disconnect();
    for (const [name, listener] of this.listeners) this.sheetTarget.removeEventListener(name, listener);
    this.loading?.destroy();
  }

  before() {
    this.#go(this.page - 1);
  }

  after() {
    this.#go(this.page + 1);
  }

  chosen() {
    this.#go(Number.parseInt(this.numberTarget.value, 10) || this.page);
  }

  follow(event) {
    if (!this.document) return;
    event.preventDefault();
    this.#go(Number(event.currentTarget.dataset.number));
    this.sheetTarget.scrollIntoView({ block: "nearest" });
  }

  // Whoever types another page for the note looks at it, too.
  wantedChanged() {
    const wanted = Number.parseInt(this.wantedTarget.value, 10);
    if (wanted && wanted !== this.page) this.#go(wanted);
  }

  point() {
    if (!this.pointTarget.value) this.#place([0.5, 0.5]);
    this.pinTarget.focus();
  }

  unpoint() {
    this.#place([]);
    this.pointerTarget.focus();
  }

  move(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === "Escape" || event.key === "Delete") {
      this.unpoint();
    } else if (dx !== undefined) {
      const [x, y, width = 0, height = 0] = this.#placed();
      if (event.shiftKey) this.#place([x, y, width + dx * STEP, height + dy * STEP]);
      else this.#place([x + dx * STEP, y + dy * STEP, width, height]);
    } else return;
    event.preventDefault();
  }

  async #go(wanted) {
    const page = Math.min(Math.max(wanted || 1, 1), this.document.numPages);
    const isOther = this.page !== undefined && page !== this.page;
    this.page = page;
    this.numberTarget.value = page;
    this.beforeTarget.disabled = page === 1;
    this.afterTarget.disabled = page === this.document.numPages;
    if (this.hasWantedTarget) this.wantedTarget.value = page;
    // A place on one page says nothing on another.
    if (isOther && this.hasPinTarget) this.#place([]);
    await this.#draw();
    if (isOther) this.statusTarget.textContent = this.wordsValue.page.replace("#", page);
    await this.#read();
  }

  async #draw() {
    const number = this.page;
    const page = await this.document.getPage(number);
    if (number !== this.page) return;
    const plain = page.getViewport({ scale: 1 });
    const width = this.sheetTarget.clientWidth;
    const sharp = Math.min(window.devicePixelRatio || 1, SHARPEST);
    const viewport = page.getViewport({ scale: (width / plain.width) * sharp });
    // Drawn apart, so that the page that is seen does not go blank meanwhile.
    const paper = document.createElement("canvas");
    paper.width = Math.floor(viewport.width);
    paper.height = Math.floor(viewport.height);
    this.drawing?.cancel();
    this.drawing = page.render({ canvas: paper, viewport });
    try {
      await this.drawing.promise;
    } catch (error) {
      if (error?.name !== "RenderingCancelledException") this.brokenTarget.hidden = false;
      return;
    }
    this.drawnWidth = width;
    this.paperTarget.replaceChildren(paper);
    this.sheetTarget.dataset.drawn = number;
    this.#pin();
    if (this.hasPinTarget) this.#place(this.#placed());
  }

  async #read() {
    const number = this.page;
    const page = await this.document.getPage(number);
    const content = await page.getTextContent();
    if (number !== this.page) return;
    const words = content.items.map((each) => each.str + (each.hasEOL ? "\n" : "")).join("");
    const paragraph = document.createElement("p");
    paragraph.textContent = words.trim() || this.wordsValue.none;
    this.textTarget.replaceChildren(paragraph);
  }

  #later() {
    if (this.sheetTarget.clientWidth === this.drawnWidth) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.document && this.#draw(), 150);
  }

  // Where the notes on this page point.
  #pin() {
    const pins = this.noteTargets
      .filter((note) => Number(note.dataset.page) === this.page && note.dataset.place)
      .map((note) => {
        const pin = document.createElement("a");
        pin.href = `#${note.id}`;
        pin.className = "pin";
        pin.textContent = note.dataset.number;
        pin.setAttribute("aria-label", this.wordsValue.note.replace("#", note.dataset.number));
        this.#lay(pin, note.dataset.place.split(" ").map(Number));
        return pin;
      });
    this.pinsTarget.replaceChildren(...pins);
  }

  #lay(pin, [x, y, width = 0, height = 0]) {
    const isArea = width > 0 && height > 0;
    pin.classList.toggle("pin--area", isArea);
    pin.style.insetInlineStart = `${x * 100}%`;
    pin.style.insetBlockStart = `${y * 100}%`;
    pin.style.inlineSize = isArea ? `${width * 100}%` : "";
    pin.style.blockSize = isArea ? `${height * 100}%` : "";
  }

  #placed() {
    return this.pointTarget.value ? this.pointTarget.value.split(" ").map(Number) : [];
  }

  #place(wanted) {
    const isSomewhere = wanted.length > 0;
    this.pinTarget.hidden = !isSomewhere;
    this.unpointerTarget.hidden = !isSomewhere;
    this.pointTarget.value = "";
    if (!isSomewhere) return;
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 1000) / 1000;
    const x = within(wanted[0], 1);
    const y = within(wanted[1], 1);
    const width = within(wanted[2] ?? 0, 1 - x);
    const height = within(wanted[3] ?? 0, 1 - y);
    const isArea = width >= SMALLEST || height >= SMALLEST;
    const place = isArea ? [x, y, Math.max(width, SMALLEST), Math.max(height, SMALLEST)] : [x, y];
    this.pointTarget.value = place.join(" ");
    this.#lay(this.pinTarget, place);
    const percent = (value) => Math.round((value ?? 0) * 100);
    const [px, py, pw, ph] = place.map(percent);
    const words = isArea ? this.wordsValue.area : this.wordsValue.place;
    this.pinWordsTarget.textContent = words.replace("#x", px).replace("#y", py).replace("#w", pw).replace("#h", ph);
    if (document.activeElement === this.pinTarget) this.statusTarget.textContent = this.pinWordsTarget.textContent;
  }

  #at(event) {
    const box = this.sheetTarget.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  #press(event) {
    if (event.button !== 0 || event.target.closest("a")) return;
    this.pressed = this.#at(event);
  }

  #drag(event) {
    // A finger scrolls the page.
    if (!this.pressed || event.pointerType === "touch") return;
    this.#place(this.#between(this.pressed, this.#at(event)));
  }

  #release(event) {
    if (!this.pressed) return;
    const place = event.pointerType === "touch" ? this.pressed : this.#between(this.pressed, this.#at(event));
    this.#place(place);
    this.#forgetPress();
  }

  #between([x, y], [otherX, otherY]) {
    const [width, height] = [Math.abs(otherX - x), Math.abs(otherY - y)];
    if (width < SMALLEST && height < SMALLEST) return [x, y];
    return [Math.min(x, otherX), Math.min(y, otherY), width, height];
  }

  #forgetPress() {
    this.pressed = undefined;
  }
}
