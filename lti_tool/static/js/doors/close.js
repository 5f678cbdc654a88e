// Tells the LMS that registration is done, so that it closes this frame or window
// (LTI dynamic registration 1.0 section 3.6). The message holds no data, so any origin may hear it.
(window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
