// Says where the socket is before textual.js, which waits for the whole page, asks: an address without a scheme is not
// taken for a socket's by browsers of before 2024.
"use strict";
document.getElementById("terminal").dataset.sessionWebsocketUrl =
  location.origin.replace(/^http/, "ws") + "/web/socket";

// Keys go to the terminal without a click before.
addEventListener("load", () => setTimeout(() => document.querySelector(".xterm-helper-textarea").focus()));
