import { Hub, type Said } from "./hub";

// The worker that all pages of a browser share: a browser opens six connections to a host, so they have one stream.
const hub = new Hub();

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => {
  const port = ports[0]!;
  const tell = (heard: unknown) => port.postMessage(heard);
  port.onmessage = (event: MessageEvent<Said>) => hub.say(tell, event.data);
};
