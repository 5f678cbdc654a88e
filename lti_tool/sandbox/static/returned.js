// The answer page runs inside the tool's frame; our own page is around it.
const body = document.getElementById("returned");
if (body.dataset.stay === "no") {
  window.top.location.assign(document.getElementById("back-to-course").href);
}
