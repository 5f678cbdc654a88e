// LTI Dynamic Registration 1.0, 3.7: the tool says that it is done.
window.addEventListener("message", (event) => {
  if (event.data?.subject === "org.imsglobal.lti.close") {
    if (event.source && event.source !== document.getElementById("registration-frame").contentWindow) {
      event.source.close();
    }
    window.location.assign(document.getElementById("registration-done").href);
  }
});
