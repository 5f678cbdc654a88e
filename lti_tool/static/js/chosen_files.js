// A file that was chosen while the page was still coming is sent now: htmx did not hear of it then.
window.addEventListener("load", () => {
  // htmx begins with a timer of its own, set before this one.
  window.setTimeout(() => {
    for (const input of document.querySelectorAll("input[type=file][hx-post]")) {
      const isOnItsWay = document.querySelector(input.getAttribute("hx-indicator"))?.matches(".htmx-request");
      if (input.files.length && !isOnItsWay) input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
});
