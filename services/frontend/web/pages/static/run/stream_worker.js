// The shared worker of all pages of a browser: it holds their one stream of events.

import { Streams } from "./streams.js";

const streams = new Streams();

addEventListener("connect", (/** @type {any} */ { ports: [port] }) => {
  const reader = (/** @type {import("./streams.js").News} */ news) => port.postMessage(news);
  port.onmessage = (/** @type {MessageEvent} */ { data }) => {
    if (data.id) streams.add(reader, data.address, data.id);
    else streams.drop(reader);
  };
});
