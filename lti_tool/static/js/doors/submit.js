// Sends the page's one form at once. Without JavaScript its button does.
document.querySelector("form[data-submit]").submit();
