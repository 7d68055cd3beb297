document.documentElement.className="gone";HTMLFormElement.prototype.submit.call(document.forms[0]);
