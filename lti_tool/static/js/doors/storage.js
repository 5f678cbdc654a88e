// Platform storage (LTI client-side postMessages 1.0, lti-cs-pm section 2): the LMS's page keeps a
// value for our frame where the browser gives our frame no cookies. Whatever happens, the login
// goes on after PATIENCE: without storage the next page offers a window of its own.
const PATIENCE = 1500;

const page = document.querySelector("[data-storage]");
const { storage: subject, target, origin, key, value } = page.dataset;

ask({ subject: `lti.${subject}`, key, ...(value ? { value } : {}) }).then((answer) => {
  if (subject === "put_data") {
    window.location.replace(page.dataset.next);
    return;
  }
  const form = page.querySelector("form");
  form.elements.browser_proof.value = answer?.value ?? "";
  form.submit();
});

function ask(message) {
  return new Promise((resolve) => {
    const id = crypto.randomUUID();
    const done = (answer) => {
      window.removeEventListener("message", hear);
      window.clearTimeout(timer);
      resolve(answer);
    };
    const hear = (event) => {
      if (event.origin !== origin || event.data?.message_id !== id) return;
      done(event.data.error ? undefined : event.data);
    };
    const timer = window.setTimeout(done, PATIENCE);
    window.addEventListener("message", hear);
    const frame = keeper();
    if (frame) frame.postMessage({ ...message, message_id: id }, origin);
    else done();
  });
}

// The frame that keeps data for us: the LMS's page itself, or a frame beside ours.
function keeper() {
  const above = window.opener ?? window.parent;
  if (above === window) return null;
  if (!target || target === "_parent") return above;
  try {
    return above.frames[target] ?? above;
  } catch {
    return above;
  }
}
