// A button with hx-ignore sends its form as HTML does, to the button's own address, though htmx sends the form.
// htmx asks the form alone, so it must not hear of it. Whatever else listens does so on the document, before this.
document.documentElement.addEventListener(
  "submit",
  (event) => {
    if (event.submitter?.matches("[hx-ignore]")) event.stopPropagation();
  },
  { capture: true },
);
