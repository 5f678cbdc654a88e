// Platform storage (lti-pm-s 0.1): keeps values for tools, apart by origin.
// Used by the page around a tool (`_parent`) and by the frame `post_message_forwarding`.
(() => {
  const MOST_VALUES = 500;
  const MOST_LETTERS = 4096;
  const kept = new Map();

  const problem = (code, message) => ({ error: { code, message } });

  const put = (values, { key, value }) => {
    if (typeof key !== "string" || key === "") return problem("bad_request", "key is missing");
    if (value === null || value === undefined) {
      values.delete(key);
      return { key };
    }
    if (typeof value !== "string") return problem("bad_request", "value must be a string");
    if (value.length > MOST_LETTERS || (values.size >= MOST_VALUES && !values.has(key))) {
      return problem("storage_exhaustion", "too much is kept already");
    }
    values.set(key, value);
    return { key, value };
  };

  const get = (values, { key }) =>
    typeof key === "string" ? { key, value: values.get(key) ?? null } : problem("bad_request", "key is missing");

  const ANSWERS = { "lti.put_data": put, "lti.get_data": get };

  window.answerStorage = (event, origins) => {
    const answer = ANSWERS[event.data?.subject];
    if (!answer || !event.source) return false;
    const message = { subject: `${event.data.subject}.response`, message_id: event.data.message_id };
    if (!event.data.message_id) {
      Object.assign(message, problem("bad_request", "message_id is missing"));
    } else if (!origins.includes(event.origin)) {
      Object.assign(message, problem("wrong_origin", "this origin is no tool of ours"));
    } else {
      if (!kept.has(event.origin)) kept.set(event.origin, new Map());
      Object.assign(message, answer(kept.get(event.origin), event.data));
    }
    event.source.postMessage(message, event.origin);
    return true;
  };

  const own = document.body.dataset.origins;
  if (own !== undefined) {
    window.addEventListener("message", (event) => window.answerStorage(event, own.split(" ")));
  }
})();
