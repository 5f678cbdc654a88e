// Typed words, kept in this tab only (sessionStorage), each under its author: another person who signs in here
// never meets them. Storage may be forbidden in a frame; then nothing is kept, and nothing breaks.
const PREFIX = "hearth.stash.";

export function read(owner, form) {
  try {
    return JSON.parse(window.sessionStorage.getItem(PREFIX + owner + form) ?? "null");
  } catch {
    return null;
  }
}

export function write(owner, form, kept) {
  try {
    window.sessionStorage.setItem(PREFIX + owner + form, JSON.stringify(kept));
  } catch {
    // Full or forbidden: the server's own draft has to do.
  }
}

export function forget(owner, form) {
  try {
    window.sessionStorage.removeItem(PREFIX + owner + form);
  } catch {
    // Forbidden, so there is nothing to forget.
  }
}

export function forms(owner) {
  try {
    return Object.keys(window.sessionStorage)
      .filter((key) => key.startsWith(PREFIX + owner))
      .map((key) => key.slice((PREFIX + owner).length));
  } catch {
    return [];
  }
}
