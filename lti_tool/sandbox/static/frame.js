// What a tool in the frame may ask of the page around it: its height, and values kept for it.
const frame = document.getElementById("tool-frame");
const origins = frame.dataset.origins.split(" ");
const hears = frame.dataset.hears === "yes";
const storage = frame.dataset.storage;

const capabilities = () => {
  const messages = [
    { subject: "lti.capabilities" },
    { subject: "lti.frameResize" },
    { subject: "lti.scrollToTop" },
    { subject: "lti.screenReaderAlert" },
  ];
  if (storage) {
    const where = storage === "_parent" ? {} : { frame: storage };
    messages.push({ subject: "lti.put_data", ...where }, { subject: "lti.get_data", ...where });
  }
  return messages;
};

const resize = (height) => {
  const pixels = Number.parseInt(height, 10);
  if (pixels > 0) frame.style.blockSize = `${Math.min(Math.max(pixels, 150), 20000)}px`;
};

// Said to readers of screens only, as Canvas does.
const aloud = document.createElement("p");
aloud.className = "aloud";
aloud.setAttribute("role", "alert");
document.body.append(aloud);

window.addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow || !origins.includes(event.origin)) return;
  const { subject, message_id, height, body } = event.data ?? {};
  if (subject === "lti.frameResize") {
    if (hears) resize(height);
  } else if (subject === "lti.scrollToTop") {
    if (hears) window.scrollTo(0, 0);
  } else if (subject === "lti.screenReaderAlert") {
    if (hears) aloud.textContent = String(body ?? "").slice(0, 1000);
  } else if (subject === "lti.capabilities" && hears) {
    const answer = { subject: "lti.capabilities.response", message_id, supported_messages: capabilities() };
    event.source.postMessage(answer, event.origin);
  } else if (storage === "_parent") {
    window.answerStorage(event, origins);
  }
});
