// Sentences that scripts show. The page brings them translated, in <template id="words-of-controllers">.
export function word(name) {
  const words = document.getElementById("words-of-controllers");
  return words?.content.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
}
